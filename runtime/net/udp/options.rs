//! Options of a `UdpSocket`.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use socket2::SockRef;

use crate::net::UdpSocket;

macro_rules! v4 {
    () => {
        "let socket = wakeful::net::UdpSocket::bind(\"127.0.0.1:0\").await?;"
    };
}

macro_rules! v6 {
    () => {
        "let Ok(socket) = wakeful::net::UdpSocket::bind(\"[::1]:0\").await else {\n    \
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
            SockRef::from(self).$from()
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
            SockRef::from(self).$to(value)
        }
    )*};
}

/// Options.
impl UdpSocket {
    options! {
        /// Whether this may send to broadcast addresses (`SO_BROADCAST`).
        broadcast / set_broadcast: bool = broadcast / set_broadcast, v4("true");
        /// Whether IPv4 multicasts come back to this machine (`IP_MULTICAST_LOOP`).
        multicast_loop_v4 / set_multicast_loop_v4: bool =
            multicast_loop_v4 / set_multicast_loop_v4, v4("false");
        /// The time to live (hops) of IPv4 multicasts (`IP_MULTICAST_TTL`).
        multicast_ttl_v4 / set_multicast_ttl_v4: u32 =
            multicast_ttl_v4 / set_multicast_ttl_v4, v4("4");
        /// Whether IPv6 multicasts come back to this machine (`IPV6_MULTICAST_LOOP`).
        multicast_loop_v6 / set_multicast_loop_v6: bool =
            multicast_loop_v6 / set_multicast_loop_v6, v6("false");
        /// The time to live (hops) of IPv4 packets (`IP_TTL`).
        ttl / set_ttl: u32 = ttl_v4 / set_ttl_v4, v4("42");
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
    /// let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.device()?, None); // any of them
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        SockRef::from(self).device()
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
    /// let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// // Not everybody may.
    /// if socket.bind_device(Some(b"lo")).is_ok() {
    ///     assert_eq!(socket.device()?.as_deref(), Some(&b"lo"[..]));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        SockRef::from(self).bind_device(interface)
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

    /// Joins an IPv4 multicast group on the interface with this address (0.0.0.0: any).
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
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = wakeful::net::UdpSocket::bind("0.0.0.0:0").await?;
    /// // Some machines have no network.
    /// if socket.join_multicast_v4(Ipv4Addr::new(224, 0, 0, 251), Ipv4Addr::UNSPECIFIED).is_err() {
    ///     println!("no multicast here");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.join_multicast_v4(&multiaddr, &interface)
    }

    /// Joins an IPv6 multicast group on the interface with this index (0: any).
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
    /// let Ok(socket) = wakeful::net::UdpSocket::bind("[::]:0").await else {
    ///     return Ok(()); // this machine has no IPv6
    /// };
    /// if socket.join_multicast_v6(&"ff02::fb".parse().unwrap(), 0).is_err() {
    ///     println!("no multicast here");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.join_multicast_v6(multiaddr, interface)
    }

    /// Leaves an IPv4 multicast group.
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
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = wakeful::net::UdpSocket::bind("0.0.0.0:0").await?;
    /// let (group, any) = (Ipv4Addr::new(224, 0, 0, 251), Ipv4Addr::UNSPECIFIED);
    /// assert!(socket.leave_multicast_v4(group, any).is_err()); // it has not joined
    /// # Ok(())
    /// # }
    /// ```
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.leave_multicast_v4(&multiaddr, &interface)
    }

    /// Leaves an IPv6 multicast group.
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
    /// let Ok(socket) = wakeful::net::UdpSocket::bind("[::]:0").await else {
    ///     return Ok(()); // this machine has no IPv6
    /// };
    /// let group = "ff02::fb".parse().unwrap();
    /// assert!(socket.leave_multicast_v6(&group, 0).is_err()); // it has not joined
    /// # Ok(())
    /// # }
    /// ```
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.leave_multicast_v6(multiaddr, interface)
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
    /// let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(socket.take_error()?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.take_error()
    }
}
