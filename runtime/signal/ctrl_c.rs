//! Ctrl-C, whatever a platform calls it.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::unix::{Signal, SignalKind, signal};
use crate::leaf::Site;

/// Waits for Ctrl-C: on Unix, for the next `SIGINT`.
///
/// It listens from its first poll on, and with that the default action, which ends the process, is
/// gone for good: a second Ctrl-C does nothing if nobody waits for it. To miss none between two
/// calls keep a [`Signal`] instead.
///
/// # Errors
///
/// When the runtime has ended, and what the operating system says.
///
/// # Panics
///
/// When polled outside of a runtime, or on one without I/O.
///
/// # Cancel safety
///
/// A Ctrl-C that comes after it was dropped, and before the next call is polled, is lost.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let _listens = wakeful::signal::unix::signal(wakeful::signal::unix::SignalKind::interrupt());
/// # std::process::Command::new("sh").arg("-c").arg("kill -INT $PPID").spawn()?.wait()?;
/// println!("waiting for Ctrl-C");
/// wakeful::signal::ctrl_c().await?;
/// println!("good-bye");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn ctrl_c() -> CtrlC {
    CtrlC {
        signal: None,
        site: Site::here(),
        pinned: PhantomPinned,
    }
}

pin_project! {
    /// What [`ctrl_c()`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    ///
    /// # let _listens = wakeful::signal::unix::signal(wakeful::signal::unix::SignalKind::interrupt());
    /// let mut work = wakeful::time::interval(Duration::from_millis(1));
    /// let ctrl_c = wakeful::signal::ctrl_c();
    /// let mut ctrl_c = std::pin::pin!(ctrl_c); // one future for the whole loop: it misses nothing
    /// loop {
    ///     wakeful::select! {
    ///         result = &mut ctrl_c => break result?,
    ///         _ = work.tick() => {
    /// #           // SAFETY: `raise` takes a number; there is a handler for it.
    /// #           unsafe { libc::raise(libc::SIGINT) };
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct CtrlC {
        signal: Option<Signal>,
        site: Site,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for CtrlC {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let listening = match this.signal {
            Some(listening) => listening,
            None => this.signal.insert(signal(SignalKind::interrupt())?),
        };
        ready!(listening.poll_at(cx, *this.site));
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for CtrlC {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CtrlC")
            .field("signal", &self.signal)
            .finish_non_exhaustive()
    }
}
