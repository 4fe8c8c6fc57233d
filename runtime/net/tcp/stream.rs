//! `TcpStream`: a connection.

use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::net::{self, SocketAddr};
#[cfg(unix)]
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, ReadBuf};
use crate::leaf::Site;
use crate::net::addr::{self, ToSocketAddrs};
use crate::net::kernel::receive_into;
use crate::net::no_address;
use crate::net::tcp::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};

/// A TCP connection.
///
/// Reading and writing are [`AsyncReadExt`](crate::io::AsyncReadExt) and
/// [`AsyncWriteExt`](crate::io::AsyncWriteExt). Dropping it closes the connection; to end only
/// the writing direction use [`shutdown`](crate::io::AsyncWriteExt::shutdown).
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// client.write_all(b"hello").await?;
/// client.shutdown().await?;
/// let mut text = String::new();
/// server.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct TcpStream {
    pub(super) io: Registered<mio::net::TcpStream>,
}

impl TcpStream {
    stream_methods!(
        "let listener = wakeful::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n\
         let a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;\n\
         let (b, _) = listener.accept().await?;\n"
    );
    std_methods!(
        net::TcpStream,
        mio::net::TcpStream,
        "TcpStream",
        "let listener = std::net::TcpListener::bind(\"127.0.0.1:0\")?;\n\
         let std = std::net::TcpStream::connect(listener.local_addr()?)?;"
    );

    /// Connects to the first address of `addr` that answers.
    ///
    /// # Errors
    ///
    /// When the name is not known, or what the last address said.
    ///
    /// # Panics
    ///
    /// When polled outside of a runtime, or on one without I/O.
    ///
    /// # Cancel safety
    ///
    /// A connection that is being made is given up.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::ErrorKind;
    /// use wakeful::net::{TcpListener, TcpSocket, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// assert_eq!(TcpStream::connect(addr).await?.peer_addr()?, addr);
    ///
    /// let deaf = TcpSocket::new_v4()?; // has a port, and does not listen
    /// deaf.bind("127.0.0.1:0".parse().unwrap())?;
    /// let refused = TcpStream::connect(deaf.local_addr()?).await.unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(addr: A) -> impl Future<Output = io::Result<TcpStream>> {
        let site = Site::here();
        async move {
            let mut last = None;
            for addr in addr::resolve(&addr, site).await? {
                let connected = match mio::net::TcpStream::connect(addr) {
                    Ok(socket) => Self::connected(socket, site).await,
                    Err(error) => Err(error),
                };
                match connected {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = Some(error),
                }
            }
            Err(last.unwrap_or_else(no_address))
        }
    }

    /// Waits until a connection that has been begun is there.
    pub(super) async fn connected(socket: mio::net::TcpStream, site: Site) -> io::Result<Self> {
        let stream = Self::from_mio(socket)?;
        let registration = stream.io.registration();
        // Nobody else has it: it needs no place in the list of those who wait.
        poll_fn(|cx| registration.poll_write_ready(cx, site)).await?;
        match stream.io.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// Receives bytes and leaves them in the stream: the next read gets them again.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// b.write_all(b"hello").await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(a.peek(&mut buf).await?, 5);
    /// assert_eq!(a.read(&mut buf).await?, 5); // it is still there
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.io
            .io(Interest::READABLE, Site::here(), move |_| self.io.peek(buf))
    }

    /// Polls [`peek`](Self::peek). The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// Those of `peek`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// use wakeful::io::ReadBuf;
    ///
    /// b.write_all(b"hello").await?;
    /// let mut memory = [0; 8];
    /// let mut buf = ReadBuf::new(&mut memory);
    /// assert_eq!(std::future::poll_fn(|cx| a.poll_peek(cx, &mut buf)).await?, 5);
    /// assert_eq!(buf.filled(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        let poll = self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
            receive_into(buf, |buf| Ok((SockRef::from(io).peek(buf)?, ())))
        });
        poll.map_ok(|(n, ())| n)
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert_eq!(a.local_addr()?, b.peer_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as `NotConnected`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert_eq!(a.peer_addr()?, listener.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// Takes the error the socket has to tell, if there is one.
    ///
    /// # Errors
    ///
    /// When the question itself fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert!(a.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Splits the stream into two borrowed halves, at no cost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// let (mut reads, mut writes) = a.split();
    /// let (sent, received) = wakeful::join!(writes.write_all(b"ping"), async {
    ///     b.write_all(b"pong").await?;
    ///     reads.read_u32().await
    /// });
    /// sent?;
    /// assert_eq!(received?.to_be_bytes(), *b"pong");
    /// # Ok(())
    /// # }
    /// ```
    pub fn split<'a>(&'a mut self) -> (ReadHalf<'a>, WriteHalf<'a>) {
        split::split(self)
    }

    /// Splits the stream into two owned halves, which can move to different tasks.
    ///
    /// Dropping the writing half ends the writing direction.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// use wakeful::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut peer, _) = listener.accept().await?;
    ///
    /// let (read, mut write) = stream.into_split();
    /// write.write_all(b"bye").await?;
    /// drop(write);
    /// let mut all = Vec::new();
    /// peer.read_to_end(&mut all).await?;
    /// assert_eq!(all, b"bye");
    /// # drop(read);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::into_split(self)
    }
}

impl AsRef<Self> for TcpStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl_async_read!(TcpStream, |this| this);
impl_async_write!(TcpStream, |this| this, shut_down: |this| this.shutdown_write());
impl_socket!(TcpStream, net::TcpStream);
