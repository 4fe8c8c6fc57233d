//! Each stream by the traits of `futures`, and wrappers of wrappers.

use std::future::poll_fn;
use std::io::{self, Cursor, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_io::{
    AsyncBufRead as TheirBufRead, AsyncRead as TheirRead, AsyncSeek as TheirSeek,
    AsyncWrite as TheirWrite,
};

use crate::io::compat::{
    FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _, TokioAsyncWriteCompatExt as _,
};
use crate::io::{self as ours, AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _};
use crate::io::{AsyncSeek, AsyncWriteExt as _};
use crate::runtime::Builder;

fn run<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

async fn read(mut from: impl TheirRead + Unpin, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let n = poll_fn(|cx| Pin::new(&mut from).poll_read(cx, &mut bytes)).await?;
    bytes.truncate(n);
    Ok(bytes)
}

async fn write(mut to: impl TheirWrite + Unpin, bytes: &[u8]) -> io::Result<usize> {
    let n = poll_fn(|cx| Pin::new(&mut to).poll_write(cx, bytes)).await?;
    poll_fn(|cx| Pin::new(&mut to).poll_flush(cx)).await?;
    Ok(n)
}

async fn close(mut what: impl TheirWrite + Unpin) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut what).poll_close(cx)).await
}

/// What is written by their traits into `to` comes out of `from` by their traits, and ends.
async fn through(mut to: impl TheirWrite + Unpin, mut from: impl TheirRead + Unpin) {
    assert_eq!(write(&mut to, b"ping").await.unwrap(), 4);
    assert_eq!(read(&mut from, 3).await.unwrap(), b"pin");
    assert_eq!(read(&mut from, 8).await.unwrap(), b"g");
    let bufs = [io::IoSlice::new(b"po"), io::IoSlice::new(b"ng")];
    let n = poll_fn(|cx| Pin::new(&mut to).poll_write_vectored(cx, &bufs)).await;
    poll_fn(|cx| Pin::new(&mut to).poll_flush(cx))
        .await
        .unwrap();
    let got = read(&mut from, 8).await.unwrap();
    assert_eq!(got, b"pong"[..n.unwrap()]);
    close(&mut to).await.unwrap();
    drop(to);
    assert_eq!(read(&mut from, 8).await.unwrap(), b"");
}

#[test]
fn streams_in_memory() {
    run(async {
        let (a, b) = ours::duplex(64);
        through(a, b).await;
        let (a, b) = ours::simplex(64);
        through(b, a).await;
        let (a, b) = ours::duplex(64);
        through(ours::BufWriter::new(a), ours::BufReader::new(b)).await;
        let (a, b) = ours::duplex(64);
        through(ours::BufStream::new(a), ours::BufStream::new(b)).await;
        let (a, b) = ours::duplex(64);
        let ((from, _to), (_from, to)) = (ours::split(a), ours::split(b));
        through(to, from).await;
        let (a, b) = ours::duplex(64);
        let joined = ours::join(ours::empty(), a);
        through(joined, ours::join(b, ours::sink())).await;
    });
}

#[test]
fn constant_streams() {
    run(async {
        assert_eq!(read(ours::empty(), 4).await.unwrap(), b"");
        assert_eq!(read(ours::repeat(7), 4).await.unwrap(), [7; 4]);
        assert_eq!(write(ours::sink(), b"gone").await.unwrap(), 4);
        let chain = (&b"ab"[..]).chain(&b"cd"[..]);
        assert_eq!(read(chain.take(1), 4).await.unwrap(), b"a");
    });
}

#[test]
#[cfg(feature = "net")]
fn sockets() {
    use crate::net::{TcpListener, TcpStream};

    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let pair = async || {
            let client = TcpStream::connect(at).await.unwrap();
            (client, listener.accept().await.unwrap().0)
        };
        let (a, b) = pair().await;
        through(a, b).await;
        let (a, b) = pair().await;
        let ((_from, to), (from, _to)) = (a.into_split(), b.into_split());
        through(to, from).await;
        let (mut a, mut b) = pair().await;
        through(a.split().1, b.split().0).await;
    });
}

#[test]
#[cfg(all(unix, feature = "net"))]
fn unix_sockets_and_pipes() {
    use crate::net::{UnixStream, unix::pipe};

    run(async {
        let (a, b) = UnixStream::pair().unwrap();
        through(a, b).await;
        let (a, b) = UnixStream::pair().unwrap();
        let ((_from, to), (from, _to)) = (a.into_split(), b.into_split());
        through(to, from).await;
        let (mut a, mut b) = UnixStream::pair().unwrap();
        through(a.split().1, b.split().0).await;
        let (to, from) = pipe::pipe().unwrap();
        through(to, from).await;
    });
}

#[test]
#[cfg(all(unix, feature = "process"))]
fn pipes_of_a_child() {
    use std::process::Stdio;

    use crate::process::Command;

    run(async {
        for streams in ["cat", "cat >&2"] {
            let mut command = Command::new("sh");
            command.arg("-c").arg(streams).stdin(Stdio::piped());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let err = child.stderr.take().unwrap();
            if streams == "cat" {
                through(to, out).await;
            } else {
                through(to, err).await;
            }
            assert!(child.wait().await.unwrap().success());
        }
    });
}

#[test]
fn simulated_streams() {
    use crate::sim::net::{Listener, Stream};

    let addr = "10.0.0.1:80".parse().unwrap();
    crate::sim::run(7, async move {
        let listener = Listener::bind(addr).unwrap();
        let to = crate::spawn(Stream::connect(addr));
        let (mut from, _) = listener.accept().await.unwrap();
        let mut to = to.await.unwrap().unwrap();
        let mut sent = 0;
        while sent < 5 {
            sent += write(&mut to, &b"hello"[sent..]).await.unwrap();
        }
        close(&mut to).await.unwrap();
        let mut got = Vec::new();
        loop {
            let bytes = read(&mut from, 8).await.unwrap();
            if bytes.is_empty() {
                break;
            }
            got.extend(bytes);
        }
        assert_eq!(got, b"hello");
    });
}

/// A file by their traits; it seeks in a wrapper.
#[test]
fn files() {
    run(async {
        let file = crate::fs::File::from_std(tempfile::tempfile().unwrap());
        let mut file = super::TokioAsyncReadCompatExt::compat(file);
        assert_eq!(write(&mut file, b"there").await.unwrap(), 5);
        assert_eq!(seek(&mut file, SeekFrom::Start(1)).await.unwrap(), 1);
        assert_eq!(read(file.get_mut(), 8).await.unwrap(), b"here");
        close(file.get_mut()).await.unwrap();
    });
}

#[test]
fn lines_by_their_traits() {
    run(async {
        let mut reader = ours::BufReader::new(&b"one\ntwo"[..]);
        let filled = poll_fn(|cx| {
            Pin::new(&mut reader)
                .poll_fill_buf(cx)
                .map_ok(<[u8]>::to_vec)
        });
        assert_eq!(filled.await.unwrap(), b"one\ntwo");
        TheirBufRead::consume(Pin::new(&mut reader), 4);
        let mut rest = String::new();
        reader.read_line(&mut rest).await.unwrap();
        assert_eq!(rest, "two");
    });
}

/// A type with their traits alone.
struct Theirs<T>(T);

impl<T: TheirRead + Unpin> TheirRead for Theirs<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<T: TheirBufRead + Unpin> TheirBufRead for Theirs<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().0).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        TheirBufRead::consume(Pin::new(&mut self.0), amount);
    }
}

impl<T: TheirWrite + Unpin> TheirWrite for Theirs<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl<T: TheirSeek + Unpin> TheirSeek for Theirs<T> {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_seek(cx, to)
    }
}

#[test]
fn their_streams_with_our_methods() {
    run(async {
        let (a, b) = ours::duplex(64);
        let (mut a, mut b) = (Theirs(a).compat(), Theirs(ours::BufReader::new(b)).compat());
        a.write_all(b"one\ntwo").await.unwrap();
        let mut line = String::new();
        b.read_line(&mut line).await.unwrap();
        assert_eq!(line, "one\n");
        a.shutdown().await.unwrap();
        let mut rest = Vec::new();
        b.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"two");
        assert!(a.get_mut().0.write(b"x").await.is_err(), "it was closed");
        assert!(a.into_inner().0.write(b"x").await.is_err());
    });
}

/// A type with our traits alone, and with a seek that takes two polls.
struct Slow {
    cursor: Cursor<Vec<u8>>,
    waits: bool,
    starts: usize,
}

impl Slow {
    fn new() -> Self {
        Self {
            cursor: Cursor::new(b"abcdef".to_vec()),
            waits: false,
            starts: 0,
        }
    }
}

impl AsyncSeek for Slow {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.starts += 1;
        self.waits = true;
        Pin::new(&mut self.cursor).start_seek(to)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if std::mem::take(&mut self.waits) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.cursor).poll_complete(cx)
    }
}

impl ours::AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ours::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.cursor).poll_read(cx, buf)
    }
}

async fn seek(what: &mut (impl TheirSeek + Unpin), to: SeekFrom) -> io::Result<u64> {
    poll_fn(|cx| Pin::new(&mut *what).poll_seek(cx, to)).await
}

/// A seek that waits is started once, and one that was given up is finished before the next.
#[test]
fn a_seek_is_started_once() {
    run(async {
        let mut slow = Slow::new().compat();
        assert_eq!(seek(&mut slow, SeekFrom::Current(2)).await.unwrap(), 2);
        assert_eq!(seek(&mut slow, SeekFrom::Current(2)).await.unwrap(), 4);
        assert_eq!(slow.get_ref().starts, 2);
        assert_eq!(read(&mut slow, 8).await.unwrap(), b"ef");

        let cx = &mut Context::from_waker(Waker::noop());
        assert!(
            Pin::new(&mut slow)
                .poll_seek(cx, SeekFrom::Start(1))
                .is_pending()
        );
        assert_eq!(seek(&mut slow, SeekFrom::Current(1)).await.unwrap(), 2);
        assert!(seek(&mut slow, SeekFrom::Current(-9)).await.is_err());
        assert_eq!(seek(&mut slow, SeekFrom::Start(3)).await.unwrap(), 3);

        // And back: their seek by our traits.
        let mut again = Theirs(slow).compat();
        assert_eq!(again.seek(SeekFrom::End(-1)).await.unwrap(), 5);
        assert_eq!(again.stream_position().await.unwrap(), 5);
        assert_eq!(again.read_u8().await.unwrap(), b'f');
    });
}

#[test]
fn a_writer_alone() {
    run(async {
        let mut writer = Cursor::new(Vec::new()).compat_write();
        assert_eq!(write(&mut writer, b"there").await.unwrap(), 5);
        let mut again = super::FuturesAsyncWriteCompatExt::compat_write(Theirs(writer));
        again.write_all(b" and back").await.unwrap();
        let inner = again.into_inner().0.into_inner().into_inner();
        assert_eq!(inner, b"there and back");
    });
}
