//! TCP, UDP and Unix sockets.
//!
//! Programs call this; it calls `engine::reactor` for readiness and mio for the sockets. Each
//! type is a mio socket in a `Registered`, and each operation is the same three steps: try it
//! while the source is said to be ready, clear that on `WouldBlock`, wait.
//!
//! ```text
//! TcpListener ──accept──> TcpStream ──split, into_split──> halves      UdpSocket
//! TcpSocket ──connect, listen──┘                                       (datagrams)
//! UnixListener, UnixSocket, UnixStream, UnixDatagram: the same between processes of one machine
//! ```
//!
//! Operations on `&self` may be awaited by any number of tasks at once. The `poll_` functions keep
//! one waker a direction: the last caller's.
//!
//! Files: `methods`, `datagram_methods`, `std_methods` (what several sockets have in common,
//! written once), `tcp`, `udp`, `unix`, `split` (the halves of a stream), `addr` (names to
//! addresses), `kernel` (the unsafe parts).
//!
//! Absent on purpose: blocking calls, TLS, name resolution of our own.

#[macro_use]
mod methods;
#[macro_use]
mod datagram_methods;
#[macro_use]
mod std_methods;
#[macro_use]
mod split;

mod addr;
#[cfg(any(feature = "io-util", feature = "bytes"))]
mod buf_mut;
#[cfg(feature = "futures-io")]
mod compat;
mod kernel;
pub mod tcp;
mod udp;
#[cfg(unix)]
pub mod unix;

#[cfg(test)]
mod tests;

pub use addr::{ToSocketAddrs, lookup_host};
pub use tcp::listener::TcpListener;
pub use tcp::socket::TcpSocket;
pub use tcp::stream::TcpStream;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::datagram::UnixDatagram;
#[cfg(unix)]
pub use unix::listener::UnixListener;
#[cfg(unix)]
pub use unix::socket::UnixSocket;
#[cfg(unix)]
pub use unix::stream::UnixStream;

use std::io;

use mio::event::Source;

use crate::engine::context;
use crate::engine::reactor::Registered;
use crate::io::Ready;

/// Registers a socket with the current runtime's reactor.
#[track_caller]
fn register<E: Source>(source: E, initial: Ready) -> io::Result<Registered<E>> {
    Registered::new(&context::reactor(), source, initial)
}

/// Refuses a socket that would put a worker to sleep, in debug builds.
#[cfg(unix)]
#[track_caller]
fn assert_nonblocking(socket: &impl std::os::fd::AsFd) {
    if cfg!(debug_assertions) {
        let is_nonblocking = socket2::SockRef::from(socket).nonblocking();
        assert!(
            is_nonblocking.unwrap_or(true),
            "Registering a blocking socket is unsupported: call `set_nonblocking(true)` on it first"
        );
    }
}

/// Windows cannot be asked.
#[cfg(windows)]
fn assert_nonblocking<T>(_socket: &T) {}

/// The first address that `open` likes, or what it said of the last one.
fn first_of<R>(
    addrs: impl Iterator<Item = std::net::SocketAddr>,
    mut open: impl FnMut(std::net::SocketAddr) -> io::Result<R>,
) -> io::Result<R> {
    let mut last = None;
    for addr in addrs {
        match open(addr) {
            Ok(opened) => return Ok(opened),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

fn no_address() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "could not resolve to any address",
    )
}
