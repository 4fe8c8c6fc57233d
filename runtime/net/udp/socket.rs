//! `UdpSocket`: making one, sending and receiving.

use std::future::Future;
use std::io;
use std::net::{self, SocketAddr};
#[cfg(unix)]
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket};
use std::task::{Context, Poll};

use socket2::{SockAddr, SockRef};

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, ReadBuf};
use crate::leaf::Site;
use crate::net::addr::{self, ToSocketAddrs};
use crate::net::first_of;
use crate::net::kernel::receive_into;

/// A UDP socket.
///
/// Everything works through `&self`, so an `Arc` of one may be shared by tasks that send and tasks
/// that receive.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::net::UdpSocket;
///
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.send_to(b"ping", server.local_addr()?).await?;
///
/// let mut buf = [0; 1500];
/// let (n, from) = server.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..n], from), (&b"ping"[..], client.local_addr()?));
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub struct UdpSocket {
    pub(in crate::net) io: Registered<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// What a receive waits for. An error that a datagram came back with makes the socket no more
    /// readable, and is for whoever receives.
    pub(in crate::net) const RECEIVES: Interest = Interest::READABLE.add(Interest::ERROR);

    datagram_methods!(
        "let a = wakeful::net::UdpSocket::bind(\"127.0.0.1:0\").await?;\n\
         let b = wakeful::net::UdpSocket::bind(\"127.0.0.1:0\").await?;\n\
         a.connect(b.local_addr()?).await?;\n\
         b.connect(a.local_addr()?).await?;\n"
    );
    std_methods!(
        net::UdpSocket,
        mio::net::UdpSocket,
        "UdpSocket",
        "let std = std::net::UdpSocket::bind(\"127.0.0.1:0\")?;"
    );

    /// Binds to the first address of `addr` that can be bound. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the name is not known, or none of its addresses can be bound.
    ///
    /// # Panics
    ///
    /// When polled outside of a runtime, or on one without I/O.
    ///
    /// # Cancel safety
    ///
    /// A bind that was dropped leaves nothing behind.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let socket = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?; // any free port
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(addr: A) -> impl Future<Output = io::Result<UdpSocket>> {
        let site = Site::here();
        async move {
            let addrs = addr::resolve(&addr, site).await?;
            first_of(addrs, |addr| {
                Self::from_mio(mio::net::UdpSocket::bind(addr)?)
            })
        }
    }

    /// Makes the first address of `addr` that can be the peer: `send` goes there, and only what
    /// comes from there is received.
    ///
    /// # Errors
    ///
    /// When the name is not known, or none of its addresses can be the peer.
    ///
    /// # Cancel safety
    ///
    /// A connect that was dropped has changed nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// a.connect(b.local_addr()?).await?;
    /// a.send(b"ping").await?; // to whom is known now
    /// assert_eq!(b.recv_from(&mut [0; 16]).await?.1, a.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(&self, addr: A) -> impl Future<Output = io::Result<()>> {
        let site = Site::here();
        async move {
            let addrs = addr::resolve(&addr, site).await?;
            first_of(addrs, |addr| self.io.connect(addr))
        }
    }

    /// The address this is bound to.
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
    /// assert!(socket.local_addr()?.ip().is_loopback());
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(a.peer_addr().is_err()); // not connected
    /// a.connect(b.local_addr()?).await?;
    /// assert_eq!(a.peer_addr()?, b.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// Sends one datagram to the first address of `target`.
    ///
    /// # Errors
    ///
    /// When the name is not known, the datagram is too large, and what else the operating system
    /// says.
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(a.send_to(b"ping", b.local_addr()?).await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(
        &self,
        buf: &[u8],
        target: A,
    ) -> impl Future<Output = io::Result<usize>> {
        let site = Site::here();
        async move {
            let mut addrs = addr::resolve(&target, site).await?;
            let target = addrs.next().ok_or_else(no_target)?;
            let send = move |_| self.io.send_to(buf, target);
            self.io.io(Interest::WRITABLE, site, send).await
        }
    }

    /// Polls [`send_to`](Self::send_to). The last caller's waker is the one that is woken.
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let target = b.local_addr()?;
    /// let sent = std::future::poll_fn(|cx| a.poll_send_to(cx, b"ping", target)).await?;
    /// assert_eq!(sent, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        let site = Site::here();
        let send = |io: &mio::net::UdpSocket| io.send_to(buf, target);
        self.io.poll_io(cx, Direction::Write, site, send)
    }

    /// Sends one datagram to `target`, without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, and what else the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// a.writable().await?;
    /// assert_eq!(a.try_send_to(b"ping", b.local_addr()?)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// let (length, from) = b.recv_from(&mut buf).await?;
    /// assert_eq!((&buf[..length], from), (&b"ping"[..], a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn recv_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        let receive = move |_| self.io.recv_from(buf);
        self.io.io(Self::RECEIVES, Site::here(), receive)
    }

    /// Polls [`recv_from`](Self::recv_from). The last caller's waker is the one that is woken.
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// use wakeful::io::ReadBuf;
    ///
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// let mut memory = [0; 16];
    /// let mut buf = ReadBuf::new(&mut memory);
    /// let from = std::future::poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await?;
    /// assert_eq!((buf.filled(), from), (&b"ping"[..], a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let poll = self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
            receive_into(buf, |buf| SockRef::from(io).recv_from(buf))
        });
        poll.map(|received| internet(received?.1))
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
    /// let a = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = wakeful::net::UdpSocket::bind("127.0.0.1:0").await?;
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// b.readable().await?;
    /// assert_eq!(b.try_recv_from(&mut [0; 16])?, (4, a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_io(Interest::READABLE, |io| io.recv_from(buf))
    }
}

fn no_target() -> io::Error {
    let kind = io::ErrorKind::InvalidInput;
    io::Error::new(kind, "no addresses to send data to")
}

/// What socket2 says an internet socket got its datagram from.
pub(in crate::net) fn internet(addr: SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::other("not an internet address"))
}

impl_socket!(UdpSocket, net::UdpSocket);
