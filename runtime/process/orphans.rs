//! Processes whose [`Child`](super::Child) was dropped before they ended.
//!
//! Called by [`reaper`](super::reaper) when it is dropped, and at each spawn. One list serves the
//! process; whichever runtime has an ear for signals looks at it at each SIGCHLD. So a runtime
//! that drops a running child listens from then on, and the handler for SIGCHLD is installed.
//!
//! An orphan whose runtimes have all ended is reaped at the next spawn, or when this process ends.

use std::io;
use std::process::Child;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Wake, Waker};

use crate::engine::reactor;
use crate::primitives::Mutex;
use crate::signal::Listener;
use crate::signal::unix::{self, SignalKind};

static ORPHANS: Mutex<Vec<Child>> = Mutex::new(Vec::new());

static KEEPER: OnceLock<Arc<Keeper>> = OnceLock::new();

/// Listens to SIGCHLD, as a waker: it reaps where it is woken, in the driver's turn.
struct Keeper {
    listener: Mutex<Listener>,
    itself: Weak<Keeper>,
}

impl Keeper {
    fn keep(&self) {
        if let Some(keeper) = self.itself.upgrade() {
            let waker = Waker::from(keeper);
            let cx = Context::from_waker(&waker);
            // PC2: listening, then looking.
            while self.listener.lock().poll(&cx).is_ready() {}
        }
        reap();
    }
}

impl Wake for Keeper {
    fn wake(self: Arc<Self>) {
        self.keep();
    }
}

/// Takes over a process that nobody waits for. `reactor` is of the runtime that is to look.
pub(super) fn adopt(child: Child, reactor: &Arc<reactor::Handle>) {
    ORPHANS.lock().push(child);
    // If that runtime has ended, another one or the next spawn will look.
    let _ = watch(reactor);
}

/// A process is about to be started: a good moment to look, and for its runtime to listen, too.
pub(super) fn visit(reactor: &Arc<reactor::Handle>) {
    if count() > 0 {
        let _ = watch(reactor);
    }
}

/// How many there are.
pub(super) fn count() -> usize {
    ORPHANS.lock().len()
}

/// Looks now, and from now on at each SIGCHLD.
fn watch(reactor: &Arc<reactor::Handle>) -> io::Result<()> {
    let signal = unix::listen(SignalKind::child(), reactor);
    // PC2: the handler is there, or will never be.
    let keeper = KEEPER.get_or_init(|| {
        let number = SignalKind::child().as_raw_value().unsigned_abs();
        Arc::new_cyclic(|itself| Keeper {
            listener: Mutex::new(Listener::new(number)),
            itself: itself.clone(),
        })
    });
    keeper.keep();
    signal.map(drop)
}

/// Reaps those that have ended. One that cannot be waited for was reaped by somebody else.
fn reap() {
    let mut orphans = ORPHANS.lock();
    orphans.retain_mut(|orphan| matches!(orphan.try_wait(), Ok(None)));
}
