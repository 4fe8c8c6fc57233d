//! A descriptor that becomes readable when a process ends. Linux has it since 5.3.
//!
//! Called by [`reaper`](super::reaper), which falls back to SIGCHLD where this says `None`.
//!
//! Invariant:
//! - **PF1** What `pidfd_open` returns is a new descriptor, closed on exec, and nobody else's.

#![expect(unsafe_code, reason = "neither std nor libc has a function for it")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

/// A process, as a source for the reactor.
#[derive(Debug)]
pub(super) struct Pidfd(OwnedFd);

impl Pidfd {
    /// `None` if the kernel does not know them, has no descriptor left, or no such process.
    pub(super) fn open(process: u32) -> Option<Self> {
        static IS_UNKNOWN: AtomicBool = AtomicBool::new(false);
        if IS_UNKNOWN.load(Relaxed) {
            return None;
        }
        let no_flags = 0;
        // SAFETY: PF1. The call takes two numbers and touches no memory.
        let result = unsafe { libc::syscall(libc::SYS_pidfd_open, process, no_flags) };
        let Some(fd) = RawFd::try_from(result).ok().filter(|fd| *fd >= 0) else {
            if io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS) {
                IS_UNKNOWN.store(true, Relaxed);
            }
            return None;
        };
        // SAFETY: PF1. The descriptor is new.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Some(Self(fd))
    }
}

impl Source for Pidfd {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}
