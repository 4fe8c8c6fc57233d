//! `UnixDatagram`: datagrams between processes. They are neither lost nor reordered.

use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

use socket2::SockRef;

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, ReadBuf, Ready};
use crate::leaf::Site;
use crate::net::unix::SocketAddr;

/// A Unix socket for datagrams.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::net::UnixDatagram;
///
/// let folder = tempfile::tempdir()?;
/// let server = UnixDatagram::bind(folder.path().join("server"))?;
/// let client = UnixDatagram::unbound()?;
/// client.send_to(b"ping", folder.path().join("server")).await?;
///
/// let mut buf = [0; 16];
/// let (n, from) = server.recv_from(&mut buf).await?;
/// assert_eq!(&buf[..n], b"ping");
/// assert!(from.is_unnamed());
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct UnixDatagram {
    pub(in crate::net) io: Registered<mio::net::UnixDatagram>,
}

impl UnixDatagram {
    const RECEIVES: Interest = Interest::READABLE;

    datagram_methods!("let (a, b) = wakeful::net::UnixDatagram::pair()?;");
    std_methods!(
        net::UnixDatagram,
        mio::net::UnixDatagram,
        "UnixDatagram",
        "let (std, _other) = std::os::unix::net::UnixDatagram::pair()?;"
    );

    /// A socket at `path`, where a socket file is made.
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
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("socket");
    /// let socket = wakeful::net::UnixDatagram::bind(&path)?;
    /// assert_eq!(socket.local_addr()?.as_pathname(), Some(path.as_path()));
    /// assert!(path.exists()); // and stays when the socket is dropped
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let addr = super::socket::address(path.as_ref())?;
        Self::from_mio(mio::net::UnixDatagram::bind_addr(&addr)?)
    }

    /// A socket without an address.
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
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?; // has no name to be answered at
    /// client.send_to(b"ping", &path).await?;
    /// assert!(server.recv_from(&mut [0; 16]).await?.1.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        Self::from_mio(mio::net::UnixDatagram::unbound()?)
    }

    /// Two sockets that are connected to each other.
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
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// b.send(b"ping").await?;
    /// assert_eq!(a.recv(&mut [0; 16]).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = mio::net::UnixDatagram::pair()?;
        let a = Self::with_readiness(a, Ready::WRITABLE)?;
        let b = Self::with_readiness(b, Ready::WRITABLE)?;
        Ok((a, b))
    }

    /// Makes the socket at `path` the peer: `send` goes there, and only what comes from there is
    /// received.
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
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect(&path)?;
    /// client.send(b"ping").await?;
    /// assert_eq!(server.recv(&mut [0; 16]).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.io.connect(path)
    }

    /// Sends one datagram to the socket at `target`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Cancel safety
    ///
    /// A datagram whose future was dropped has not been sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let _server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// assert_eq!(client.send_to(b"ping", &path).await?, 4);
    /// assert!(client.send_to(b"ping", folder.path().join("nobody")).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn send_to<P: AsRef<Path>>(
        &self,
        buf: &[u8],
        target: P,
    ) -> impl Future<Output = io::Result<usize>> {
        let send = move |_| self.io.send_to(buf, target.as_ref());
        self.io.io(Interest::WRITABLE, Site::here(), send)
    }

    /// Polls [`send_to`](Self::send_to). The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// Those of `send_to`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let _server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// let sent = std::future::poll_fn(|cx| client.poll_send_to(cx, b"ping", &path)).await?;
    /// assert_eq!(sent, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: P,
    ) -> Poll<io::Result<usize>> {
        let send = |io: &mio::net::UnixDatagram| io.send_to(buf, target.as_ref());
        self.io.poll_io(cx, Direction::Write, Site::here(), send)
    }

    /// Sends one datagram to the socket at `target`, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, and those of [`send_to`](Self::send_to).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let _server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.writable().await?;
    /// assert_eq!(client.try_send_to(b"ping", &path)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        self.io
            .try_io(Interest::WRITABLE, |io| io.send_to(buf, target))
    }

    /// Receives one datagram: how many bytes, and from whom. What does not fit into `buf` is cut
    /// off.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Cancel safety
    ///
    /// No datagram is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// use wakeful::net::UnixDatagram;
    ///
    /// let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    /// let (a, b) = (UnixDatagram::bind(&one)?, UnixDatagram::bind(&other)?);
    /// a.send_to(b"ping", &other).await?;
    /// let (length, from) = b.recv_from(&mut [0; 16]).await?;
    /// assert_eq!((length, from.as_pathname()), (4, Some(one.as_path())));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn recv_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        let receive = move |_| {
            let (n, from) = self.io.recv_from(buf)?;
            Ok((n, from.into()))
        };
        self.io.io(Interest::READABLE, Site::here(), receive)
    }

    /// Polls [`recv_from`](Self::recv_from). The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// Those of `recv_from`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// use wakeful::io::ReadBuf;
    ///
    /// a.send(b"ping").await?;
    /// let mut memory = [0; 16];
    /// let mut buf = ReadBuf::new(&mut memory);
    /// let from = std::future::poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await?;
    /// assert!(buf.filled() == b"ping" && from.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
            let (n, from) = io.recv_from(buf.initialize_unfilled())?;
            buf.advance(n);
            Ok(from.into())
        })
    }

    /// Receives one datagram, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// a.send(b"ping").await?;
    /// b.readable().await?;
    /// assert_eq!(b.try_recv_from(&mut [0; 16])?.0, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (n, from) = self.io.try_io(Interest::READABLE, |io| io.recv_from(buf))?;
        Ok((n, from.into()))
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
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// assert!(a.local_addr()?.is_unnamed() && b.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr().map(SocketAddr::from)
    }

    /// The address of the peer this is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("server");
    /// use wakeful::net::UnixDatagram;
    ///
    /// let _server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect(&path)?;
    /// assert_eq!(client.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr().map(SocketAddr::from)
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
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// assert!(a.take_error()?.is_none() && b.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }

    /// Ends one direction or both.
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
    /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
    /// use std::net::Shutdown;
    ///
    /// a.shutdown(Shutdown::Write)?;
    /// assert!(a.send(b"ping").await.is_err());
    /// b.send(b"pong").await?;
    /// assert_eq!(a.recv(&mut [0; 16]).await?, 4); // that direction is open
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.shutdown(how)
    }
}

impl_socket!(UnixDatagram, net::UnixDatagram);
