//! `UCred`: who is on the other end.

use std::io;
use std::os::fd::AsFd;

use crate::net::UnixStream;
use crate::net::kernel;
use crate::net::unix::{gid_t, pid_t, uid_t};

/// The process on the other end of a Unix stream, as it was when it connected.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (a, _b) = wakeful::net::UnixStream::pair()?;
/// let peer = a.peer_cred()?; // ourselves, this time
/// assert_eq!(peer.pid(), Some(std::process::id().try_into().unwrap()));
/// println!("user {}, group {}", peer.uid(), peer.gid());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    /// The effective user id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, b) = wakeful::net::UnixStream::pair()?;
    /// assert_eq!(a.peer_cred()?.uid(), b.peer_cred()?.uid());
    /// # Ok(())
    /// # }
    /// ```
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// The effective group id.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, b) = wakeful::net::UnixStream::pair()?;
    /// assert_eq!(a.peer_cred()?.gid(), b.peer_cred()?.gid());
    /// # Ok(())
    /// # }
    /// ```
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// The process id, where the platform tells it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (a, _b) = wakeful::net::UnixStream::pair()?;
    /// assert_eq!(a.peer_cred()?.pid(), Some(std::process::id().try_into().unwrap()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }

    pub(super) fn of_peer(stream: &UnixStream) -> io::Result<UCred> {
        let (uid, gid, pid) = kernel::peer_credentials(stream.as_fd())?;
        Ok(UCred { uid, gid, pid })
    }
}
