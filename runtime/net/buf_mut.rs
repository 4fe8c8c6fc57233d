//! Receiving into buffers of the `bytes` crate.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use bytes::BufMut;
use socket2::SockRef;

use crate::io::Interest;
use crate::leaf::Site;
use crate::net::kernel::receive_into_buf;
use crate::net::udp::internet;
use crate::net::{TcpStream, UdpSocket, tcp};

/// `try_read_buf` of streams and pipes; halves pass it on to theirs. `$pair` is a part of an
/// example that makes a `b` with something to read.
macro_rules! try_read_buf {
    ($($type:ty: |$this:ident, $buf:ident| $read:expr, $pair:expr;)*) => {$(
        impl $type {
            /// Reads what is there into a buffer, without waiting, and advances its cursor.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let mut buf = Vec::with_capacity(16);
            /// b.readable().await?;
            /// assert_eq!(b.try_read_buf(&mut buf)?, 5);
            /// assert_eq!(buf, b"hello"); // nothing was zeroed for it
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_read_buf<B: BufMut>(&self, $buf: &mut B) -> io::Result<usize> {
                let $this = self;
                $read
            }
        }
    )*};
}

try_read_buf! {
    TcpStream: |this, buf| this.try_io(Interest::READABLE, || receive(this, buf)),
        "let listener = wakeful::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n\
         let a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;\n\
         let (b, _) = listener.accept().await?;\n\
         a.writable().await?;\n\
         a.try_write(b\"hello\")?;";
    tcp::ReadHalf<'_>: |this, buf| this.as_ref().try_read_buf(buf),
        "let listener = wakeful::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n\
         let a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;\n\
         let (mut stream, _) = listener.accept().await?;\n\
         a.writable().await?;\n\
         a.try_write(b\"hello\")?;\n\
         let (b, _) = stream.split();";
    tcp::OwnedReadHalf: |this, buf| this.as_ref().try_read_buf(buf),
        "let listener = wakeful::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n\
         let a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;\n\
         let (stream, _) = listener.accept().await?;\n\
         a.writable().await?;\n\
         a.try_write(b\"hello\")?;\n\
         let (b, _writes) = stream.into_split();";
}

impl UdpSocket {
    /// Receives one datagram from the peer into a buffer, and advances its cursor.
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
    /// let mut buf = Vec::with_capacity(1500);
    /// assert_eq!(b.recv_buf(&mut buf).await?, 4);
    /// assert_eq!(buf, b"ping");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn recv_buf<B: BufMut>(&self, buf: &mut B) -> impl Future<Output = io::Result<usize>> {
        self.io
            .io(Self::RECEIVES, Site::here(), move |_| receive(self, buf))
    }

    /// Receives one datagram from the peer into a buffer, without waiting.
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
    /// let mut buf = Vec::with_capacity(1500);
    /// b.readable().await?;
    /// assert_eq!(b.try_recv_buf(&mut buf)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, |_| receive(self, buf))
    }

    /// Receives one datagram into a buffer, advances its cursor, and says from whom.
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
    /// let mut buf = Vec::with_capacity(1500);
    /// assert_eq!(b.recv_buf_from(&mut buf).await?, (4, a.local_addr()?));
    /// assert_eq!(buf, b"ping");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn recv_buf_from<B: BufMut>(
        &self,
        buf: &mut B,
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        let receive = move |_| receive_from(self, buf);
        self.io.io(Self::RECEIVES, Site::here(), receive)
    }

    /// Receives one datagram into a buffer, without waiting, and says from whom.
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
    /// let mut buf = Vec::with_capacity(1500);
    /// b.readable().await?;
    /// assert_eq!(b.try_recv_buf_from(&mut buf)?, (4, a.local_addr()?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_recv_buf_from<B: BufMut>(&self, buf: &mut B) -> io::Result<(usize, SocketAddr)> {
        self.io
            .try_io(Interest::READABLE, |_| receive_from(self, buf))
    }
}

fn receive_from(socket: &UdpSocket, buf: &mut impl BufMut) -> io::Result<(usize, SocketAddr)> {
    let socket = SockRef::from(socket);
    let (n, from) = receive_into_buf(buf, |buf| socket.recv_from(buf))?;
    Ok((n, internet(from)?))
}

#[cfg(unix)]
fn receive(socket: &impl std::os::fd::AsFd, buf: &mut impl BufMut) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    receive_into_buf(buf, |buf| Ok((socket.recv(buf)?, ()))).map(|(n, ())| n)
}

#[cfg(windows)]
fn receive(
    socket: &impl std::os::windows::io::AsSocket,
    buf: &mut impl BufMut,
) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    receive_into_buf(buf, |buf| Ok((socket.recv(buf)?, ()))).map(|(n, ())| n)
}

#[cfg(unix)]
mod unix {
    use std::os::fd::AsFd;

    use super::*;
    use crate::net::kernel;
    use crate::net::{UnixDatagram, UnixStream, unix};

    try_read_buf! {
        unix::pipe::Receiver: |this, buf| this.try_io(|| {
            let read = |buf: &mut [_]| Ok((kernel::read(this.as_fd(), buf)?, ()));
            receive_into_buf(buf, read).map(|(n, ())| n)
        }),
            "let (a, b) = wakeful::net::unix::pipe::pipe()?;\n\
             a.writable().await?;\n\
             a.try_write(b\"hello\")?;";
        UnixStream: |this, buf| this.try_io(Interest::READABLE, || receive(this, buf)),
            "let (a, b) = wakeful::net::UnixStream::pair()?;\n\
             a.writable().await?;\n\
             a.try_write(b\"hello\")?;";
        unix::ReadHalf<'_>: |this, buf| this.as_ref().try_read_buf(buf),
            "let (a, mut stream) = wakeful::net::UnixStream::pair()?;\n\
             a.writable().await?;\n\
             a.try_write(b\"hello\")?;\n\
             let (b, _) = stream.split();";
        unix::OwnedReadHalf: |this, buf| this.as_ref().try_read_buf(buf),
            "let (a, stream) = wakeful::net::UnixStream::pair()?;\n\
             a.writable().await?;\n\
             a.try_write(b\"hello\")?;\n\
             let (b, _writes) = stream.into_split();";
    }

    impl UnixDatagram {
        /// Receives one datagram from the peer into a buffer, and advances its cursor.
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
        /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
        /// a.send(b"ping").await?;
        /// let mut buf = Vec::with_capacity(16);
        /// assert_eq!(b.recv_buf(&mut buf).await?, 4);
        /// assert_eq!(buf, b"ping");
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn recv_buf<B: BufMut>(&self, buf: &mut B) -> impl Future<Output = io::Result<usize>> {
            self.io.io(Interest::READABLE, Site::here(), move |_| {
                receive(self, buf)
            })
        }

        /// Receives one datagram from the peer into a buffer, without waiting.
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
        /// let mut buf = Vec::with_capacity(16);
        /// b.readable().await?;
        /// assert_eq!(b.try_recv_buf(&mut buf)?, 4);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, |_| receive(self, buf))
        }

        /// Receives one datagram into a buffer, advances its cursor, and says from whom.
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
        /// let (a, b) = wakeful::net::UnixDatagram::pair()?;
        /// a.send(b"ping").await?;
        /// let mut buf = Vec::with_capacity(16);
        /// let (length, from) = b.recv_buf_from(&mut buf).await?;
        /// assert!(length == 4 && from.is_unnamed());
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn recv_buf_from<B: BufMut>(
            &self,
            buf: &mut B,
        ) -> impl Future<Output = io::Result<(usize, unix::SocketAddr)>> {
            let receive = move |_| receive_from(self, buf);
            self.io.io(Interest::READABLE, Site::here(), receive)
        }

        /// Receives one datagram into a buffer, without waiting, and says from whom.
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
        /// let mut buf = Vec::with_capacity(16);
        /// b.readable().await?;
        /// assert_eq!(b.try_recv_buf_from(&mut buf)?.0, 4);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_recv_buf_from<B: BufMut>(
            &self,
            buf: &mut B,
        ) -> io::Result<(usize, unix::SocketAddr)> {
            self.io
                .try_io(Interest::READABLE, |_| receive_from(self, buf))
        }
    }

    fn receive_from(
        socket: &UnixDatagram,
        buf: &mut impl BufMut,
    ) -> io::Result<(usize, unix::SocketAddr)> {
        let socket = SockRef::from(socket);
        let (n, from) = receive_into_buf(buf, |buf| socket.recv_from(buf))?;
        Ok((n, unix::address_of(&from)?))
    }
}
