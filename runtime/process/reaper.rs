//! The end of one process: waiting for it, and what becomes of it if nobody does.
//!
//! Called by [`child`](super::child). See PC1 and PC2 in the module's header.

use std::fmt;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::orphans;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::pidfd::Pidfd;
use crate::budget;
use crate::engine::reactor;
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::engine::{context, reactor::Registered};
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::io::{Interest, Ready};
use crate::leaf::{self, Kind, Site};
use crate::signal::unix::{self, Signal, SignalKind};

/// Owns a process that has not been waited for.
pub(super) struct Reaper {
    /// `None` only while being dropped.
    child: Option<Child>,
    /// `None` until it is known how.
    watch: Option<Watch>,
    reactor: Arc<reactor::Handle>,
    kill_on_drop: bool,
}

/// How its end is learned of.
enum Watch {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Descriptor(Registered<Pidfd>),
    Signal(Signal),
}

impl Reaper {
    /// Takes the process over before anything can fail.
    pub(super) fn new(child: Child, reactor: Arc<reactor::Handle>, kill_on_drop: bool) -> Self {
        Self {
            child: Some(child),
            watch: None,
            reactor,
            kill_on_drop,
        }
    }

    /// Makes sure that its end will be noticed.
    ///
    /// # Errors
    ///
    /// When the runtime has ended, or the operating system has no descriptors left.
    pub(super) fn watch(&mut self) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(pidfd) = Pidfd::open(self.id()) {
            let interest = Interest::READABLE;
            let source = Registered::with_interest(&self.reactor, pidfd, interest, Ready::EMPTY)?;
            self.watch = Some(Watch::Descriptor(source));
            return Ok(());
        }
        self.watch_by_signal()
    }

    /// As [`watch`](Self::watch), by SIGCHLD whatever the kernel has.
    pub(super) fn watch_by_signal(&mut self) -> io::Result<()> {
        let signal = unix::listen(SignalKind::child(), &self.reactor)?;
        self.watch = Some(Watch::Signal(signal));
        Ok(())
    }

    pub(super) fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("taken only when dropped")
    }

    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    pub(super) fn kill(&mut self) -> io::Result<()> {
        self.child().kill()?;
        // It ends by that, if by nothing else.
        self.kill_on_drop = false;
        Ok(())
    }

    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child().try_wait()?;
        if status.is_some() {
            self.kill_on_drop = false;
        }
        Ok(status)
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        site: Site,
    ) -> Poll<io::Result<ExitStatus>> {
        let polled = self.poll_watch(cx, site);
        if polled.is_pending() {
            leaf::waiting(cx, Kind::Process, self.id() as usize, site);
        }
        polled
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn poll_watch(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<io::Result<ExitStatus>> {
        while let Some(Watch::Descriptor(source)) = &self.watch {
            match ready!(source.registration().poll_read_ready(cx, site)) {
                Ok(_) => {
                    if let Some(status) = self.try_wait()? {
                        return Poll::Ready(Ok(status));
                    }
                    // It has ended, and a debugger holds it: it is ours when SIGCHLD says so.
                    self.watch_by_signal()?;
                }
                Err(gone) => self.move_here(gone)?,
            }
        }
        self.poll_signal(cx)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn poll_watch(&mut self, cx: &mut Context<'_>, _site: Site) -> Poll<io::Result<ExitStatus>> {
        self.poll_signal(cx)
    }

    /// The runtime of the descriptor has ended: the one that waits now watches it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn move_here(&mut self, gone: io::Error) -> io::Result<()> {
        let driver = context::try_driver();
        match driver.as_ref().and_then(|driver| driver.io()) {
            Some(here) if !Arc::ptr_eq(here, &self.reactor) => {
                self.reactor = here.clone();
                // PC1: its id is still its own.
                self.watch()
            }
            _ => Err(gone),
        }
    }

    fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let spent = ready!(budget::poll_proceed(cx));
        loop {
            let listening = match &mut self.watch {
                Some(Watch::Signal(signal)) => signal.poll_unlimited(cx).is_pending(),
                _ => unreachable!("watched from its making on"),
            };
            // PC2: it listens, so look.
            let status = self.try_wait()?;
            if let Some(status) = status {
                spent.made_progress();
                return Poll::Ready(Ok(status));
            }
            if listening {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if self.kill_on_drop {
            // It fails if the process has changed its user: then it lives on.
            let _ = child.kill();
        }
        // An error: somebody else has reaped it.
        if matches!(child.try_wait(), Ok(None)) {
            orphans::adopt(child, &self.reactor);
        }
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("id", &self.id())
            .field("kill_on_drop", &self.kill_on_drop)
            .finish()
    }
}
