//! Options of a `TcpSocket`.

use std::io;
use std::time::Duration;

use crate::net::TcpSocket;

macro_rules! v4 {
    () => {
        "let socket = wakeful::net::TcpSocket::new_v4()?;"
    };
}

macro_rules! v6 {
    () => {
        "let Ok(socket) = wakeful::net::TcpSocket::new_v6() else {\n    \
             return Ok(()); // no IPv6 here\n\
         };"
    };
}

/// Options: `get / set: type = getter / setter of socket2, socket(value);`.
/// `v4` and `v6` make a socket for the example, which sets the value given.
macro_rules! options {
    ($($(#[doc = $doc:expr])* $(#[cfg($cfg:meta)])?
        $get:ident / $set:ident: $type:ty = $from:ident / $to:ident,
        $socket:ident($value:literal);)*) => {$(
        $(#[doc = $doc])*
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
        #[doc = $socket!()]
        #[doc = concat!("socket.", stringify!($set), "(", $value, ")?;")]
        #[doc = concat!("assert_eq!(socket.", stringify!($get), "()?, ", $value, ");")]
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $socket!()]
        #[doc = concat!("socket.", stringify!($set), "(", $value, ")?;")]
        #[doc = concat!("assert_eq!(socket.", stringify!($get), "()?, ", $value, ");")]
        /// # Ok(())
        /// # }
        /// ```
        $(#[cfg($cfg)])?
        pub fn $set(&self, value: $type) -> io::Result<()> {
            self.socket.$to(value)
        }
    )*};
}

/// Options.
impl TcpSocket {
    options! {
        /// Whether probes find out that a silent peer is gone (`SO_KEEPALIVE`).
        keepalive / set_keepalive: bool = keepalive / set_keepalive, v4("true");
        /// Whether an address may be bound again while old connections linger
        /// (`SO_REUSEADDR`).
        reuseaddr / set_reuseaddr: bool = reuse_address / set_reuse_address, v4("true");
        /// Whether several sockets may listen on one address (`SO_REUSEPORT`).
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
        reuseport / set_reuseport: bool = reuse_port / set_reuse_port, v4("true");
        /// Whether small writes are sent at once (`TCP_NODELAY`).
        nodelay / set_nodelay: bool = tcp_nodelay / set_tcp_nodelay, v4("true");
        /// The type of service of IPv4 packets (`IP_TOS`).
        #[cfg(not(any(target_os = "fuchsia", target_os = "redox", target_os = "solaris",
            target_os = "illumos", target_os = "haiku")))]
        tos_v4 / set_tos_v4: u32 = tos_v4 / set_tos_v4, v4("16");
        /// The traffic class of IPv6 packets (`IPV6_TCLASS`).
        #[cfg(any(target_os = "android", target_os = "dragonfly", target_os = "freebsd",
            target_os = "fuchsia", target_os = "linux", target_os = "macos",
            target_os = "netbsd", target_os = "openbsd"))]
        tclass_v6 / set_tclass_v6: u32 = tclass_v6 / set_tclass_v6, v6("16");
    }

    /// The size of the send buffer (`SO_SNDBUF`), in bytes. Linux tells twice what was set.
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// assert!(socket.send_buffer_size()? > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.socket.send_buffer_size().map(bytes)
    }

    /// Sets the size of the send buffer (`SO_SNDBUF`), in bytes.
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// socket.set_send_buffer_size(32 * 1024)?;
    /// assert!(socket.send_buffer_size()? >= 32 * 1024);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_send_buffer_size(size as usize)
    }

    /// The size of the receive buffer (`SO_RCVBUF`), in bytes. Linux tells twice what was set.
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// assert!(socket.recv_buffer_size()? > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.socket.recv_buffer_size().map(bytes)
    }

    /// Sets the size of the receive buffer (`SO_RCVBUF`), in bytes.
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// socket.set_recv_buffer_size(32 * 1024)?; // before it connects or listens
    /// assert!(socket.recv_buffer_size()? >= 32 * 1024);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_recv_buffer_size(size as usize)
    }

    /// How long a close waits for unsent data (`SO_LINGER`).
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// assert_eq!(socket.linger()?, None); // a close does not wait
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    ///
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// #[allow(deprecated)]
    /// socket.set_linger(Some(Duration::from_secs(1)))?;
    /// assert_eq!(socket.linger()?, Some(Duration::from_secs(1)));
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated = "a close would block the thread: use `set_zero_linger`, or shut down and wait"]
    pub fn set_linger(&self, limit: Option<Duration>) -> io::Result<()> {
        self.socket.set_linger(limit)
    }

    /// A close drops unsent data and resets the connection. It does not block.
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// socket.set_zero_linger()?;
    /// assert_eq!(socket.linger()?, Some(std::time::Duration::ZERO));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.socket.set_linger(Some(Duration::ZERO))
    }

    /// The name of the network interface this is bound to (`SO_BINDTODEVICE`).
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
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// assert_eq!(socket.device()?, None); // any of them
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.socket.device()
    }

    /// Binds the socket to a network interface, or with `None` to all of them.
    ///
    /// # Errors
    ///
    /// What the operating system says; most often that one has to be root.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = wakeful::net::TcpSocket::new_v4()?;
    /// // Not everybody may.
    /// if socket.bind_device(Some(b"lo")).is_ok() {
    ///     assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
