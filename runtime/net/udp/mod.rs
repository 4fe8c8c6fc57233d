//! UDP: datagrams to and from anybody, or one peer.

mod options;
mod peek;
mod socket;

pub use socket::UdpSocket;
#[cfg(any(feature = "io-util", feature = "bytes"))]
pub(super) use socket::internet;
