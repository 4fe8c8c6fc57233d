//! `TcpSocket`: options first, then a connection or a listener.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::leaf::Site;
use crate::net::{TcpListener, TcpStream};

/// A TCP socket that is neither connected nor listening yet.
///
/// For options that must be set before; without any, [`TcpStream::connect`] and
/// [`TcpListener::bind`] are shorter. Making one needs no runtime.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::net::TcpSocket;
///
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
///
/// let client = TcpSocket::new_v4()?.connect(listener.local_addr()?).await?;
/// assert_eq!(client.peer_addr()?, listener.local_addr()?);
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct TcpSocket {
    socket: Socket,
}

/// Options: `get / set: type = getter / setter of socket2;`
macro_rules! options {
    ($($(#[doc = $doc:expr])* $(#[cfg($cfg:meta)])?
        $get:ident / $set:ident: $type:ty = $from:ident / $to:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// What the operating system says.
        $(#[cfg($cfg)])?
        pub fn $get(&self) -> io::Result<$type> {
            self.socket.$from()
        }

        #[doc = concat!("Sets what [`", stringify!($get), "`](Self::", stringify!($get),
            ") tells.")]
        ///
        /// # Errors
        ///
        /// What the operating system says.
        $(#[cfg($cfg)])?
        pub fn $set(&self, value: $type) -> io::Result<()> {
            self.socket.$to(value)
        }
    )*};
}

impl TcpSocket {
    /// A socket for IPv4.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files.
    pub fn new_v4() -> io::Result<TcpSocket> {
        Self::new(Domain::IPV4)
    }

    /// A socket for IPv6.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as too many open files.
    pub fn new_v6() -> io::Result<TcpSocket> {
        Self::new(Domain::IPV6)
    }

    fn new(domain: Domain) -> io::Result<TcpSocket> {
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }

    /// Takes over a stream of std's that is not connected yet, made by another library.
    ///
    /// It must be in non-blocking mode.
    pub fn from_std_stream(std_stream: std::net::TcpStream) -> TcpSocket {
        Self {
            socket: std_stream.into(),
        }
    }

    #[cfg(unix)]
    pub(in crate::net) fn from_owned(fd: OwnedFd) -> Self {
        Self { socket: fd.into() }
    }

    /// Binds the socket to an address of this machine.
    ///
    /// # Errors
    ///
    /// When the address is taken or is not ours.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.socket.bind(&addr.into())
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// What the operating system or the other side says.
    ///
    /// # Panics
    ///
    /// When polled outside of a runtime, or on one without I/O.
    ///
    /// # Cancel safety
    ///
    /// A connection that is being made is given up.
    #[track_caller]
    pub fn connect(self, addr: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
        let site = Site::here();
        async move {
            match self.socket.connect(&addr.into()) {
                Err(error) if !is_in_progress(&error) => return Err(error),
                _ => {}
            }
            let socket = mio::net::TcpStream::from_std(self.socket.into());
            TcpStream::connected(socket, site).await
        }
    }

    /// Listens, with room for `backlog` connections that have not been accepted yet.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.socket
            .listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::from_mio(mio::net::TcpListener::from_std(self.socket.into()))
    }

    /// The address this is bound to.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let addr = self.socket.local_addr()?;
        addr.as_socket()
            .ok_or_else(|| io::Error::other("not an internet address"))
    }

    /// Takes the error the socket has to tell, if there is one.
    ///
    /// # Errors
    ///
    /// When the question itself fails.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }
}

/// Options.
impl TcpSocket {
    options! {
        /// Whether probes find out that a silent peer is gone (`SO_KEEPALIVE`).
        keepalive / set_keepalive: bool = keepalive / set_keepalive;
        /// Whether an address may be bound again while old connections linger
        /// (`SO_REUSEADDR`).
        reuseaddr / set_reuseaddr: bool = reuse_address / set_reuse_address;
        /// Whether several sockets may listen on one address (`SO_REUSEPORT`).
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
        reuseport / set_reuseport: bool = reuse_port / set_reuse_port;
        /// Whether small writes are sent at once (`TCP_NODELAY`).
        nodelay / set_nodelay: bool = tcp_nodelay / set_tcp_nodelay;
        /// The type of service of IPv4 packets (`IP_TOS`).
        #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris",
            target_os = "illumos", target_os = "haiku")))]
        tos_v4 / set_tos_v4: u32 = tos_v4 / set_tos_v4;
        /// The traffic class of IPv6 packets (`IPV6_TCLASS`).
        #[cfg(any(target_os = "android", target_os = "dragonfly", target_os = "freebsd",
            target_os = "fuchsia", target_os = "linux", target_os = "macos",
            target_os = "netbsd", target_os = "openbsd"))]
        tclass_v6 / set_tclass_v6: u32 = tclass_v6 / set_tclass_v6;
    }

    /// The size of the send buffer (`SO_SNDBUF`), in bytes. Linux tells twice what was set.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.socket.send_buffer_size().map(bytes)
    }

    /// Sets the size of the send buffer (`SO_SNDBUF`), in bytes.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_send_buffer_size(size as usize)
    }

    /// The size of the receive buffer (`SO_RCVBUF`), in bytes. Linux tells twice what was set.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.socket.recv_buffer_size().map(bytes)
    }

    /// Sets the size of the receive buffer (`SO_RCVBUF`), in bytes.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_recv_buffer_size(size as usize)
    }

    /// How long a close waits for unsent data (`SO_LINGER`).
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.socket.linger()
    }

    /// How long a close waits for unsent data (`SO_LINGER`), in whole seconds.
    ///
    /// With a duration above zero, dropping the stream blocks the thread for up to that long.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    #[deprecated = "a close would block the thread: use `set_zero_linger`, or shut down and wait"]
    pub fn set_linger(&self, limit: Option<Duration>) -> io::Result<()> {
        self.socket.set_linger(limit)
    }

    /// A close drops unsent data and resets the connection. It does not block.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.socket.set_linger(Some(Duration::ZERO))
    }

    /// The name of the network interface this is bound to (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    ///
    /// What the operating system says.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.socket.device()
    }

    /// Binds the socket to a network interface, or with `None` to all of them.
    ///
    /// # Errors
    ///
    /// What the operating system says; most often that one has to be root.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.socket.bind_device(interface)
    }

    /// The old name of [`tos_v4`](Self::tos_v4).
    #[doc(hidden)]
    #[deprecated = "it is about IPv4 only: use `tos_v4`"]
    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku"
    )))]
    pub fn tos(&self) -> io::Result<u32> {
        self.tos_v4()
    }

    /// The old name of [`set_tos_v4`](Self::set_tos_v4).
    #[doc(hidden)]
    #[deprecated = "it is about IPv4 only: use `set_tos_v4`"]
    #[cfg(not(any(
        target_os = "fuchsia",
        target_os = "redox",
        target_os = "solaris",
        target_os = "illumos",
        target_os = "haiku"
    )))]
    pub fn set_tos(&self, tos: u32) -> io::Result<()> {
        self.set_tos_v4(tos)
    }
}

fn bytes(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// A non-blocking connect that has begun.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(windows)]
    let in_progress = error.kind() == io::ErrorKind::WouldBlock;
    in_progress
}

#[cfg(unix)]
impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

#[cfg(unix)]
impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(unix)]
impl IntoRawFd for TcpSocket {
    fn into_raw_fd(self) -> RawFd {
        self.socket.into_raw_fd()
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}
