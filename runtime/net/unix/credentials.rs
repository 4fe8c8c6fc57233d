//! `UCred`: who is on the other end.

use std::io;
use std::os::fd::AsFd;

use crate::net::UnixStream;
use crate::net::kernel;
use crate::net::unix::{gid_t, pid_t, uid_t};

/// The process on the other end of a Unix stream, as it was when it connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    /// The effective user id.
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// The effective group id.
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// The process id, where the platform tells it.
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }

    pub(super) fn of_peer(stream: &UnixStream) -> io::Result<UCred> {
        let (uid, gid, pid) = kernel::peer_credentials(stream.as_fd())?;
        Ok(UCred { uid, gid, pid })
    }
}
