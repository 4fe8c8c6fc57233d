//! Unix sockets: streams and datagrams between processes of one machine.

mod addr;
mod credentials;
pub(super) mod datagram;
pub(super) mod listener;
pub mod pipe;
pub(super) mod socket;
mod split;
pub(super) mod stream;

pub use addr::SocketAddr;
pub use credentials::UCred;
#[cfg(any(feature = "io-util", feature = "bytes"))]
pub(super) use socket::address_of;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};

/// A user id.
///
/// # Examples
///
/// ```
/// let root: wakeful::net::unix::uid_t = 0;
/// assert_eq!(root, 0_u32);
/// ```
#[expect(non_camel_case_types, reason = "the platform's name, and tokio's")]
pub type uid_t = u32;

/// A group id.
///
/// # Examples
///
/// ```
/// let root: wakeful::net::unix::gid_t = 0;
/// assert_eq!(root, 0_u32);
/// ```
#[expect(non_camel_case_types, reason = "the platform's name, and tokio's")]
pub type gid_t = u32;

/// A process id.
///
/// # Examples
///
/// ```
/// let us: wakeful::net::unix::pid_t = std::process::id().try_into().unwrap();
/// assert!(us > 0);
/// ```
#[expect(non_camel_case_types, reason = "the platform's name, and tokio's")]
pub type pid_t = i32;
