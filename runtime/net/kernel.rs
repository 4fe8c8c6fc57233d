//! What sockets need `unsafe` for, in one place.
//!
//! Called by `tcp`, `udp` and `unix` with sockets they own. Invariants:
//! - **NR1** A receive or read that returns `Ok(n)` has written the first `n` bytes of the buffer
//!   it was given. The kernel's promise; socket2 hands it on.
//! - **NR2** A receive or read never makes initialized bytes uninitialized.

#![expect(
    unsafe_code,
    reason = "received bytes are initialized by the kernel; descriptors come from outside"
)]

use std::io;
use std::mem::MaybeUninit;

use crate::io::ReadBuf;

/// Receives into the unfilled part of `buf` and fills it by as much as came.
///
/// `receive` must be a receive of socket2 or [`read`], which is what NR1 and NR2 are about.
pub(super) fn receive_into<T>(
    buf: &mut ReadBuf<'_>,
    receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, T)>,
) -> io::Result<(usize, T)> {
    // SAFETY: NR2. Nothing is made uninitialized.
    let unfilled = unsafe { buf.unfilled_mut() };
    let len = unfilled.len();
    let (n, rest) = receive(unfilled)?;
    assert!(n <= len);
    // SAFETY: NR1. The first `n` bytes have been written.
    unsafe { buf.assume_init(n) };
    buf.advance(n);
    Ok((n, rest))
}

/// As [`receive_into`], for a buffer of the `bytes` crate.
#[cfg(any(feature = "io-util", feature = "bytes"))]
pub(super) fn receive_into_buf<T>(
    buf: &mut impl bytes::BufMut,
    receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, T)>,
) -> io::Result<(usize, T)> {
    let chunk = buf.chunk_mut();
    let len = chunk.len();
    // SAFETY: NR2. Nothing is made uninitialized.
    let chunk = unsafe { chunk.as_uninit_slice_mut() };
    let (n, rest) = receive(chunk)?;
    assert!(n <= len);
    // SAFETY: NR1. The first `n` bytes have been written.
    unsafe { buf.advance_mut(n) };
    Ok((n, rest))
}

/// Reads from a pipe, which is no socket to receive from.
#[cfg(unix)]
pub(super) fn read(
    fd: std::os::fd::BorrowedFd<'_>,
    buf: &mut [MaybeUninit<u8>],
) -> io::Result<usize> {
    use std::os::fd::AsRawFd;

    // SAFETY: NR1. The descriptor is open for as long as it is borrowed, and the kernel writes at
    // most the buffer's length into it.
    let n = unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) };
    usize::try_from(n).map_err(|_| io::Error::last_os_error())
}

/// `FromRawFd` through `OwnedFd`.
#[cfg(unix)]
macro_rules! from_raw_fd {
    ($($type:ty),*) => {$(
        impl std::os::fd::FromRawFd for $type {
            /// The descriptor must be a non-blocking socket.
            unsafe fn from_raw_fd(fd: std::os::fd::RawFd) -> Self {
                // SAFETY: the caller's promise is the same: `fd` is open and owned by nobody else.
                let fd = unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) };
                Self::from_owned(fd)
            }
        }
    )*};
}

#[cfg(unix)]
from_raw_fd!(super::TcpSocket, super::UnixSocket);

/// How the file behind a descriptor was opened.
#[cfg(unix)]
pub(super) fn status_flags(fd: std::os::fd::BorrowedFd<'_>) -> io::Result<libc::c_int> {
    use std::os::fd::AsRawFd;

    // SAFETY: the descriptor is open for as long as it is borrowed, and `F_GETFL` only asks.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    match flags {
        -1 => Err(io::Error::last_os_error()),
        flags => Ok(flags),
    }
}

/// Who is on the other end of a Unix stream: user, group, and process where it can be known.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn peer_credentials(
    socket: std::os::fd::BorrowedFd<'_>,
) -> io::Result<(libc::uid_t, libc::gid_t, Option<libc::pid_t>)> {
    use std::os::fd::AsRawFd;

    let mut credentials = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open for as long as it is borrowed, and the two pointers are to a
    // `ucred` and its length.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut len,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // The kernel says 0 for a process outside of our namespace.
    let pid = (credentials.pid > 0).then_some(credentials.pid);
    Ok((credentials.uid, credentials.gid, pid))
}

/// Who is on the other end of a Unix stream: user and group.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(super) fn peer_credentials(
    socket: std::os::fd::BorrowedFd<'_>,
) -> io::Result<(libc::uid_t, libc::gid_t, Option<libc::pid_t>)> {
    use std::os::fd::AsRawFd;

    let mut uid = 0;
    let mut gid = 0;
    // SAFETY: the descriptor is open for as long as it is borrowed, and the pointers are to a user
    // and a group id.
    let result = unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((uid, gid, None))
}
