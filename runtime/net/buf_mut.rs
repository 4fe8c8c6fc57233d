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

/// `try_read_buf` of streams and pipes; halves pass it on to theirs.
macro_rules! try_read_buf {
    ($($type:ty: |$this:ident, $buf:ident| $read:expr;)*) => {$(
        impl $type {
            /// Reads what is there into a buffer, without waiting, and advances its cursor.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            pub fn try_read_buf<B: BufMut>(&self, $buf: &mut B) -> io::Result<usize> {
                let $this = self;
                $read
            }
        }
    )*};
}

try_read_buf! {
    TcpStream: |this, buf| this.try_io(Interest::READABLE, || receive(this, buf));
    tcp::ReadHalf<'_>: |this, buf| this.as_ref().try_read_buf(buf);
    tcp::OwnedReadHalf: |this, buf| this.as_ref().try_read_buf(buf);
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
        });
        UnixStream: |this, buf| this.try_io(Interest::READABLE, || receive(this, buf));
        unix::ReadHalf<'_>: |this, buf| this.as_ref().try_read_buf(buf);
        unix::OwnedReadHalf: |this, buf| this.as_ref().try_read_buf(buf);
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
