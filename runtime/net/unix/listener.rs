//! `UnixListener`: waits for connections.

use std::future::Future;
use std::io;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, Ready};
use crate::leaf::Site;
use crate::net::UnixStream;
use crate::net::unix::SocketAddr;

/// A Unix socket that listens for connections.
///
/// Dropping it closes the socket and leaves its file.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::net::{UnixListener, UnixStream};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("socket");
/// let listener = UnixListener::bind(&path)?;
/// let client = UnixStream::connect(&path).await?;
/// let (server, _) = listener.accept().await?;
/// assert_eq!(server.local_addr()?.as_pathname(), Some(&*path));
/// # drop(client);
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct UnixListener {
    io: Registered<mio::net::UnixListener>,
}

impl UnixListener {
    std_methods!(
        net::UnixListener,
        mio::net::UnixListener,
        "UnixListener",
        "let folder = tempfile::tempdir()?;\n\
         let std = std::os::unix::net::UnixListener::bind(folder.path().join(\"socket\"))?;"
    );

    /// Listens at `path`, where a socket file is made. On Linux a path that begins with a zero
    /// byte is an abstract name.
    ///
    /// # Errors
    ///
    /// When there is something at the path already, and what else the operating system says.
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
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// listener.accept().await?;
    /// assert!(UnixListener::bind(&path).is_err()); // the path is taken
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        let addr = super::socket::address(path.as_ref())?;
        Self::bind_addr(&addr.into())
    }

    /// Listens at `socket_addr`.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Panics
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::os::unix::net::SocketAddr;
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let addr = SocketAddr::from_pathname(folder.path().join("socket"))?;
    /// let listener = UnixListener::bind_addr(&addr.into())?;
    /// let _client = UnixStream::connect(folder.path().join("socket")).await?;
    /// listener.accept().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind_addr(socket_addr: &SocketAddr) -> io::Result<UnixListener> {
        Self::from_mio(mio::net::UnixListener::bind_addr(socket_addr.as_std())?)
    }

    /// Waits for a connection: the stream, and the address of the other side.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files. Servers go on after it.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost.
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
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_stream, from) = listener.accept().await?;
    /// assert!(from.is_unnamed()); // the client has not bound its socket
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn accept(&self) -> impl Future<Output = io::Result<(UnixStream, SocketAddr)>> {
        self.io
            .io(Interest::READABLE, Site::here(), |_| self.accept_one())
    }

    /// Polls [`accept`](Self::accept). The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// Those of `accept`.
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
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_stream, from) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert!(from.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.io
            .poll_io(cx, Direction::Read, Site::here(), |_| self.accept_one())
    }

    fn accept_one(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, peer) = self.io.accept()?;
        // As for TCP: the first read and write are tried without waiting for an event.
        let stream = UnixStream::with_readiness(stream, Ready::READABLE | Ready::WRITABLE)?;
        Ok((stream, peer.into()))
    }

    /// The address this listens at.
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
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
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
    /// use wakeful::net::{UnixListener, UnixStream};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// let listener = UnixListener::bind(&path)?;
    /// assert!(listener.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }
}

impl_socket!(UnixListener, net::UnixListener);
