//! Signals of Unix systems.
//!
//! [`signal`] starts to listen to one, and gives a [`Signal`] to wait with:
//!
//! ```
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use wakeful::signal::unix::{SignalKind, signal};
//!
//! let mut hangups = signal(SignalKind::hangup())?;
//! # std::process::Command::new("sh").arg("-c").arg("kill -HUP $PPID").spawn()?.wait()?;
//! // ... `kill -HUP` of this process ...
//! hangups.recv().await;
//! println!("time to read the configuration again");
//! # Ok::<(), std::io::Error>(()) }).unwrap();
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::listeners::Listener;
use super::relay::Relay;
use super::{handler, kind};
use crate::budget;
use crate::engine::{context, reactor};
use crate::leaf::{self, Kind, Site};

pub use kind::SignalKind;

/// Not to be listened to: two never reach a process, and after the others a program cannot go on.
const FORBIDDEN: &[libc::c_int] = &[
    libc::SIGKILL,
    libc::SIGSTOP,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGSEGV,
];

/// Listens to one kind of signal.
///
/// Made by [`signal`]. Any number of them, on any number of runtimes, may listen to the same kind:
/// each is told of each signal. Signals that come before they are asked for are told as one, as the
/// kernel does, too; so a [`recv`](Self::recv) means "at least one since the last".
///
/// Dropping it ends nothing but this listener: the signal's default action does not come back.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::signal::unix::{SignalKind, signal};
///
/// let mut one = signal(SignalKind::user_defined2())?;
/// let mut other = signal(SignalKind::user_defined2())?;
/// # // SAFETY: `raise` takes a number; there is a handler for it.
/// # unsafe { libc::raise(libc::SIGUSR2) };
/// // Each listener is told.
/// one.recv().await;
/// other.recv().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing unless `recv` is called"]
pub struct Signal {
    listener: Listener,
    /// The ear of the runtime this was last waited for in.
    relay: Arc<Relay>,
    not_unwind_safe: NotUnwindSafe,
}

/// tokio's type is not, and code that compiles with one is to compile with the other.
type NotUnwindSafe = PhantomData<dyn Send + Sync + Unpin>;

/// Starts to listen to a kind of signal.
///
/// The first call for a kind installs a handler for the rest of the process's life. The default
/// action is gone from then on: who listens to `SIGTERM` has to end by itself. A handler that was
/// there before is still called. Signals from before this call may be told, if nobody was told of
/// them yet.
///
/// # Errors
///
/// For `SIGKILL`, `SIGSTOP`, `SIGILL`, `SIGFPE`, `SIGSEGV` and numbers that are no signals; when
/// the runtime has ended; and what the operating system says, which keeps some real-time signals
/// for itself.
///
/// # Panics
///
/// Outside of a runtime, and on one without I/O.
///
/// # Examples
///
/// A program that ends when it is asked to, and says good-bye:
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::signal::unix::{SignalKind, signal};
///
/// let mut terminate = signal(SignalKind::terminate())?;
/// # std::process::Command::new("sh").arg("-c").arg("kill -TERM $PPID").spawn()?.wait()?;
/// terminate.recv().await;
/// println!("good-bye");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    listen(kind, &context::reactor())
}

/// [`signal`], on the runtime of this reactor.
pub(crate) fn listen(kind: SignalKind, reactor: &Arc<reactor::Handle>) -> io::Result<Signal> {
    let signal = kind.as_raw_value();
    if signal <= 0 || FORBIDDEN.contains(&signal) {
        let text = format!("Refusing to register signal {signal}");
        return Err(io::Error::other(text));
    }
    let Some(number) = handler::number_of(signal) else {
        return Err(io::Error::other(format!("there is no signal {signal}")));
    };
    // First the bell, then who rings it.
    let relay = Relay::of(reactor)?;
    handler::install(number)?;
    Ok(Signal {
        listener: Listener::new(number),
        relay,
        not_unwind_safe: PhantomData,
    })
}

impl Signal {
    /// Waits for the next signal. It is never `None`: the type is what streams have.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a signal that comes meanwhile is told by the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut resized = signal(SignalKind::window_change())?;
    /// # std::process::Command::new("sh").arg("-c").arg("kill -WINCH $PPID").spawn()?.wait()?;
    /// assert_eq!(resized.recv().await, Some(()));
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_> {
        Recv {
            signal: self,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Polls for the next signal. The last caller's waker is the one that is woken.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::future::poll_fn;
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut quit = signal(SignalKind::quit())?;
    /// # std::process::Command::new("sh").arg("-c").arg("kill -QUIT $PPID").spawn()?.wait()?;
    /// assert_eq!(poll_fn(|cx| quit.poll_recv(cx)).await, Some(()));
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.poll_at(cx, Site::here())
    }

    pub(super) fn poll_at(&mut self, cx: &Context<'_>, site: Site) -> Poll<Option<()>> {
        let spent = ready!(budget::poll_proceed(cx));
        if self.poll_unlimited(cx).is_pending() {
            leaf::waiting(cx, Kind::Signal, self.listener.number() as usize, site);
            return Poll::Pending;
        }
        spent.made_progress();
        Poll::Ready(Some(()))
    }

    /// Without charging the task for it.
    pub(crate) fn poll_unlimited(&mut self, cx: &Context<'_>) -> Poll<()> {
        let polled = self.listener.poll(cx);
        if polled.is_pending() {
            self.come_along();
        }
        polled
    }

    /// This runtime listens from now on, if it is another one than before: that one may rest.
    fn come_along(&mut self) {
        let driver = context::try_driver();
        let Some(reactor) = driver.as_ref().and_then(|driver| driver.io()) else {
            return;
        };
        if !self.relay.serves(reactor) {
            // If it cannot, the first runtime's ear is as good as it was.
            if let Ok(relay) = Relay::of(reactor) {
                self.relay = relay;
            }
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("number", &self.listener.number())
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// What [`Signal::recv`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut hangups = signal(SignalKind::hangup())?;
    /// wakeful::select! {
    ///     biased;
    ///     _ = hangups.recv() => unreachable!("nobody has sent one"),
    ///     // The call above is given up. A signal that comes now is kept for the next.
    ///     () = async {} => {}
    /// }
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGHUP) };
    /// assert_eq!(hangups.recv().await, Some(()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recv<'a> {
        signal: &'a mut Signal,
        site: Site,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for Recv<'_> {
    type Output = Option<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let this = self.project();
        this.signal.poll_at(cx, *this.site)
    }
}

impl fmt::Debug for Recv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv")
            .field("signal", &self.signal)
            .finish_non_exhaustive()
    }
}
