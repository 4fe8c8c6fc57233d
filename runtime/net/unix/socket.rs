//! `UnixSocket`: bind first, then connect, listen, or exchange datagrams.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::leaf::Site;
use crate::net::{UnixDatagram, UnixListener, UnixStream};

/// A Unix socket that is neither connected nor listening yet.
///
/// Making one needs no runtime.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("socket");
/// use wakeful::net::UnixSocket;
///
/// let socket = UnixSocket::new_stream()?;
/// socket.bind(&path)?;
/// let listener = socket.listen(16)?;
/// let _client = UnixSocket::new_stream()?.connect(&path).await?;
/// listener.accept().await?;
/// # Ok(())
/// # }
/// ```
pub struct UnixSocket {
    socket: Socket,
}

impl UnixSocket {
    /// A socket for datagrams.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = wakeful::net::UnixSocket::new_datagram()?.datagram()?;
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new_datagram() -> io::Result<UnixSocket> {
        Self::new(Type::DGRAM)
    }

    /// A socket for a stream or a listener.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// let socket = wakeful::net::UnixSocket::new_stream()?;
    /// socket.bind(folder.path().join("socket"))?;
    /// let listener = socket.listen(1)?;
    /// # drop(listener);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new_stream() -> io::Result<UnixSocket> {
        Self::new(Type::STREAM)
    }

    fn new(kind: Type) -> io::Result<UnixSocket> {
        let socket = Socket::new(Domain::UNIX, kind, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }

    pub(in crate::net) fn from_owned(fd: OwnedFd) -> Self {
        Self { socket: fd.into() }
    }

    /// Binds the socket to `path`, where a socket file is made.
    ///
    /// # Errors
    ///
    /// When there is something at the path already, and what else the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("socket");
    /// use wakeful::net::UnixSocket;
    ///
    /// UnixSocket::new_datagram()?.bind(&path)?;
    /// assert!(UnixSocket::new_datagram()?.bind(&path).is_err()); // the path is taken
    /// # Ok(())
    /// # }
    /// ```
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.socket.bind(&SockAddr::unix(path)?)
    }

    /// Listens, with room for `backlog` connections that have not been accepted yet.
    ///
    /// # Errors
    ///
    /// When this is a datagram socket, and what the operating system says.
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
    /// use wakeful::net::UnixSocket;
    ///
    /// let socket = UnixSocket::new_stream()?;
    /// socket.bind(folder.path().join("socket"))?;
    /// let _listener = socket.listen(16)?;
    /// assert!(UnixSocket::new_datagram()?.listen(16).is_err()); // datagrams have no connections
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        self.check(Type::STREAM, "listen cannot be called on a datagram socket")?;
        self.socket
            .listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::from_mio(mio::net::UnixListener::from(OwnedFd::from(self.socket)))
    }

    /// Connects to the socket at `path`.
    ///
    /// # Errors
    ///
    /// When this is a datagram socket, and what the operating system says.
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
    /// let stream = wakeful::net::UnixSocket::new_stream()?.connect(&path).await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn connect(self, path: impl AsRef<Path>) -> impl Future<Output = io::Result<UnixStream>> {
        let site = Site::here();
        async move {
            self.check(
                Type::STREAM,
                "connect cannot be called on a datagram socket",
            )?;
            match self.socket.connect(&SockAddr::unix(path)?) {
                Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => {
                    return Err(error);
                }
                _ => {}
            }
            let socket = mio::net::UnixStream::from(OwnedFd::from(self.socket));
            UnixStream::connected(socket, site).await
        }
    }

    /// Makes it a socket that sends and receives datagrams.
    ///
    /// # Errors
    ///
    /// When this is a stream socket, or cannot be registered with the poller.
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
    /// # let path = folder.path().join("socket");
    /// use wakeful::net::{UnixDatagram, UnixSocket};
    ///
    /// let socket = UnixSocket::new_datagram()?;
    /// socket.bind(&path)?;
    /// let socket = socket.datagram()?;
    /// UnixDatagram::unbound()?.send_to(b"ping", &path).await?;
    /// assert_eq!(socket.recv(&mut [0; 16]).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        self.check(Type::DGRAM, "datagram cannot be called on a stream socket")?;
        UnixDatagram::from_mio(mio::net::UnixDatagram::from(OwnedFd::from(self.socket)))
    }

    fn check(&self, wanted: Type, otherwise: &'static str) -> io::Result<()> {
        if self.socket.r#type()? != wanted {
            return Err(io::Error::other(otherwise));
        }
        Ok(())
    }
}

/// The address of `path`, which is an abstract name if it begins with a zero byte.
pub(super) fn address(path: &Path) -> io::Result<SocketAddr> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;

    match path.as_os_str().as_bytes() {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        [0, name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(path),
    }
}

/// What socket2 says a Unix socket got its datagram from.
#[cfg(any(feature = "io-util", feature = "bytes"))]
pub(in crate::net) fn address_of(addr: &SockAddr) -> io::Result<super::SocketAddr> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(name) = addr.as_abstract_namespace() {
        return SocketAddr::from_abstract_name(name).map(Into::into);
    }
    // Without a path it is unnamed, which is what std makes of an empty one.
    let path = addr.as_pathname().unwrap_or(Path::new(""));
    SocketAddr::from_pathname(path).map(Into::into)
}

impl fmt::Debug for UnixSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}

impl AsRawFd for UnixSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl IntoRawFd for UnixSocket {
    fn into_raw_fd(self) -> RawFd {
        self.socket.into_raw_fd()
    }
}
