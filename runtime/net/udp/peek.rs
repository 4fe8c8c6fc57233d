//! Looking at the next datagram of a `UdpSocket` without taking it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use socket2::SockRef;

use crate::engine::reactor::Direction;
use crate::io::{Interest, ReadBuf};
use crate::leaf::Site;
use crate::net::UdpSocket;
use crate::net::kernel::receive_into;
use crate::net::udp::socket::internet;

/// Peeking: the next receive gets the same datagram. What does not fit into the buffer is left
/// out.
impl UdpSocket {
    /// Receives one datagram from the peer and leaves it there.
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
    /// b.connect(a.local_addr()?).await?;
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(b.peek(&mut buf).await?, 4);
    /// assert_eq!(b.recv(&mut buf).await?, 4); // it is still there
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        let peek = move |_| self.io.peek(buf);
        self.io.io(Self::RECEIVES, Site::here(), peek)
    }

    /// Polls [`peek`](Self::peek). The last caller's waker is the one that is woken.
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
    /// b.connect(a.local_addr()?).await?;
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// let mut memory = [0; 16];
    /// let mut buf = ReadBuf::new(&mut memory);
    /// std::future::poll_fn(|cx| b.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"ping");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let poll = self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
            receive_into(buf, |buf| Ok((SockRef::from(io).peek(buf)?, ())))
        });
        poll.map_ok(drop)
    }

    /// Receives one datagram from the peer and leaves it there, without waiting.
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
    /// b.connect(a.local_addr()?).await?;
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// b.readable().await?;
    /// assert_eq!(b.try_peek(&mut [0; 16])?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, |io| io.peek(buf))
    }

    /// Receives one datagram and leaves it there: how many bytes, and from whom.
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
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::net::UdpSocket;
    ///
    /// let a = UdpSocket::bind("127.0.0.1:0").await?;
    /// let b = UdpSocket::bind("127.0.0.1:0").await?;
    /// a.send_to(b"again", b.local_addr()?).await?;
    /// let mut buf = [0; 16];
    /// assert_eq!(b.peek_from(&mut buf).await?, (5, a.local_addr()?));
    /// assert_eq!(b.recv_from(&mut buf).await?, (5, a.local_addr()?));
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn peek_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        let peek = move |_| self.io.peek_from(buf);
        self.io.io(Self::RECEIVES, Site::here(), peek)
    }

    /// Polls [`peek_from`](Self::peek_from). The last caller's waker is the one that is woken.
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
    /// let from = std::future::poll_fn(|cx| b.poll_peek_from(cx, &mut buf)).await?;
    /// assert_eq!((buf.filled(), from), (&b"ping"[..], a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let poll = self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
            receive_into(buf, |buf| SockRef::from(io).peek_from(buf))
        });
        poll.map(|received| internet(received?.1))
    }

    /// Receives one datagram and leaves it there, without waiting.
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
    /// assert_eq!(b.try_peek_from(&mut [0; 16])?, (4, a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_io(Interest::READABLE, |io| io.peek_from(buf))
    }

    /// Waits for a datagram and says who sent it, without taking it.
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
    /// assert_eq!(b.peek_sender().await?, a.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn peek_sender(&self) -> impl Future<Output = io::Result<SocketAddr>> {
        let peek = move |_| sender(&self.io);
        self.io.io(Self::RECEIVES, Site::here(), peek)
    }

    /// Polls [`peek_sender`](Self::peek_sender). The last caller's waker is the one that is woken.
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
    /// a.send_to(b"ping", b.local_addr()?).await?;
    /// let from = std::future::poll_fn(|cx| b.poll_peek_sender(cx)).await?;
    /// assert_eq!(from, a.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.poll_io(cx, Direction::Read, Site::here(), sender)
    }

    /// Who sent the next datagram, without waiting for one.
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
    /// assert_eq!(b.try_peek_sender()?, a.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.io.try_io(Interest::READABLE, sender)
    }
}

fn sender(socket: &mio::net::UdpSocket) -> io::Result<SocketAddr> {
    internet(SockRef::from(socket).peek_sender()?)
}
