//! `UnixStream`: a connection.

use std::future::{Future, poll_fn};
use std::io::{self, Read, Write};
use std::os::unix::net;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;

use crate::engine::reactor::{Direction, Registered};
use crate::io::{ReadBuf, Ready};
use crate::leaf::Site;
use crate::net::unix::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::net::unix::{SocketAddr, UCred};

/// A connection through a Unix socket.
///
/// Reading and writing are [`AsyncReadExt`](crate::io::AsyncReadExt) and
/// [`AsyncWriteExt`](crate::io::AsyncWriteExt).
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::UnixStream;
///
/// let (mut a, mut b) = UnixStream::pair()?;
/// a.write_all(b"ping").await?;
/// let mut buf = [0; 4];
/// b.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"ping");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct UnixStream {
    io: Registered<mio::net::UnixStream>,
}

impl UnixStream {
    stream_methods!("let (a, b) = wakeful::net::UnixStream::pair()?;");
    std_methods!(
        net::UnixStream,
        mio::net::UnixStream,
        "UnixStream",
        "let (std, _other) = std::os::unix::net::UnixStream::pair()?;"
    );

    /// Connects to the socket at `path`. On Linux a path that begins with a zero byte is an
    /// abstract name.
    ///
    /// # Errors
    ///
    /// What the operating system says. `WouldBlock` means that the listener's queue is full.
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
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect(&path).await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// drop(listener);
    /// assert!(UnixStream::connect(&path).await.is_err()); // there is a file, and nobody listens
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn connect<P: AsRef<Path>>(path: P) -> impl Future<Output = io::Result<UnixStream>> {
        let site = Site::here();
        async move {
            let addr = super::socket::address(path.as_ref())?;
            Self::connected(mio::net::UnixStream::connect_addr(&addr)?, site).await
        }
    }

    /// Connects to the socket at `socket_addr`.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
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
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect_addr(&listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn connect_addr(socket_addr: &SocketAddr) -> impl Future<Output = io::Result<UnixStream>> {
        let site = Site::here();
        async move {
            let socket = mio::net::UnixStream::connect_addr(socket_addr.as_std())?;
            Self::connected(socket, site).await
        }
    }

    /// Waits until a connection that has been begun is there.
    pub(super) async fn connected(socket: mio::net::UnixStream, site: Site) -> io::Result<Self> {
        let stream = Self::from_mio(socket)?;
        let registration = stream.io.registration();
        // Nobody else has it: it needs no place in the list of those who wait.
        poll_fn(|cx| registration.poll_write_ready(cx, site)).await?;
        match stream.io.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// Two streams that are connected to each other.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// let (mut a, mut b) = wakeful::net::UnixStream::pair()?;
    /// a.write_u8(7).await?;
    /// assert_eq!(b.read_u8().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        // Both have room to write, and nothing to read.
        let a = Self::with_readiness(a, Ready::WRITABLE)?;
        let b = Self::with_readiness(b, Ready::WRITABLE)?;
        Ok((a, b))
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
    /// let (a, _b) = wakeful::net::UnixStream::pair()?;
    /// assert!(a.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
    }

    /// The address of the other side.
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
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect(&path).await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr::from)
    }

    /// Who is on the other end.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// let (a, _b) = wakeful::net::UnixStream::pair()?;
    /// let peer = a.peer_cred()?; // it is us
    /// # if cfg!(target_os = "linux") {
    /// assert_eq!(peer.pid(), Some(std::process::id() as i32));
    /// # }
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn peer_cred(&self) -> io::Result<UCred> {
        UCred::of_peer(self)
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
    /// let (a, _b) = wakeful::net::UnixStream::pair()?;
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
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// let (mut a, mut b) = wakeful::net::UnixStream::pair()?;
    /// b.write_u8(7).await?;
    /// let (mut reads, mut writes) = a.split();
    /// let (sent, received) = wakeful::join!(writes.write_u8(8), reads.read_u8());
    /// sent?;
    /// assert_eq!((received?, b.read_u8().await?), (7, 8));
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
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// let (a, mut b) = wakeful::net::UnixStream::pair()?;
    /// let (mut reads, writes) = a.into_split();
    /// b.write_u8(7).await?;
    /// drop(writes); // ends that direction; the other is open
    /// assert_eq!(b.read(&mut [0; 8]).await?, 0);
    /// assert_eq!(reads.read_u8().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::into_split(self)
    }
}

impl AsRef<Self> for UnixStream {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl_async_read!(UnixStream, |this| this);
impl_async_write!(UnixStream, |this| this, shut_down: |this| this.shutdown_write());
impl_socket!(UnixStream, net::UnixStream);
