//! Which runtime this thread is in, and whether it may block.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, MutexGuard};

use super::driver;
use super::handle::Handle;
use crate::{chance, leaf};

thread_local! {
    static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
    /// How many `EnterGuard`s are alive on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// The message of every operation that needs a runtime and finds none.
pub(crate) const NO_RUNTIME: &str = "there is no wakeful runtime on this thread: call this from \
     inside `Runtime::block_on`, a task, or under `Handle::enter`";

/// The message of an operation that needs I/O on a runtime built without.
#[cfg(feature = "net")]
pub(crate) const NO_IO: &str = "IO is disabled. Call `enable_io` (or `enable_all`) on the \
     runtime's Builder";

/// The message of an operation that needs timers on a runtime built without.
pub(crate) const NO_TIME: &str = "timers are disabled. Call `enable_time` (or `enable_all`) on the \
     runtime's Builder";

/// Runs `f` with the runtime this thread is in, if it is in one.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(&Handle) -> R) -> Option<R> {
    HANDLE.try_with(|slot| slot.borrow().as_ref().map(f)).ok()?
}

/// Runs `f` with the runtime this thread is in, or gives `input` back.
#[inline]
pub(crate) fn with_handle<T, R>(input: T, f: impl FnOnce(&Handle, T) -> R) -> Result<R, T> {
    let mut input = Some(input);
    let run = |slot: &RefCell<Option<Handle>>| {
        let handle = slot.borrow();
        handle
            .as_ref()
            .and_then(|handle| Some(f(handle, input.take()?)))
    };
    match HANDLE.try_with(run) {
        Ok(Some(result)) => Ok(result),
        _ => Err(input.expect("taken only on the way to a result")),
    }
}

pub(crate) fn try_handle() -> Option<Handle> {
    with_handle((), |handle, ()| handle.clone()).ok()
}

/// True while the thread is ending and its thread-locals are gone.
pub(crate) fn is_thread_local_destroyed() -> bool {
    HANDLE.try_with(|_| ()).is_err()
}

/// The runtime this thread is in.
#[track_caller]
pub(crate) fn handle() -> Handle {
    match try_handle() {
        Some(handle) => handle,
        None => panic!("{NO_RUNTIME}"),
    }
}

/// The driver of the runtime this thread is in.
#[track_caller]
pub(crate) fn driver() -> Arc<driver::Handle> {
    match try_driver() {
        Some(driver) => driver,
        None => panic!("{NO_RUNTIME}"),
    }
}

/// The reactor of the runtime this thread is in.
#[cfg(feature = "net")]
#[track_caller]
pub(crate) fn reactor() -> Arc<super::reactor::Handle> {
    match driver().io() {
        Some(reactor) => Arc::clone(reactor),
        None => panic!("{NO_IO}"),
    }
}

pub(crate) fn try_driver() -> Option<Arc<driver::Handle>> {
    #[cfg(test)]
    if let Some(driver) = testing::driver() {
        return Some(driver);
    }
    with_handle((), |handle, ()| Arc::clone(handle.driver())).ok()
}

/// Makes `handle` the runtime this thread is in, until the guard drops.
pub(crate) fn enter(handle: &Handle) -> Entered {
    // A thread that is ending may still drop a runtime, in the destructor of a thread-local.
    let outer = HANDLE.try_with(|slot| slot.replace(Some(handle.clone())));
    let depth = DEPTH.get() + 1;
    DEPTH.set(depth);
    Entered {
        outer: outer.unwrap_or(None),
        depth,
        not_send: PhantomData,
    }
}

/// Counts a poll whose budget ran out, for the runtime this thread is in.
pub(crate) fn count_forced_yield() {
    let _ = with_handle((), |handle, ()| handle.parts().forced_yields.add_shared(1));
}

/// See [`enter`].
pub(crate) struct Entered {
    outer: Option<Handle>,
    depth: usize,
    // A guard must not leave its thread, but others may look at it.
    not_send: PhantomData<MutexGuard<'static, ()>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if DEPTH.get() != self.depth {
            // While unwinding the order is the least of the worries.
            assert!(
                std::thread::panicking(),
                "`EnterGuard` values dropped out of order: drop the guards of `Handle::enter` in \
                 the reverse order of their making"
            );
            return;
        }
        DEPTH.set(self.depth - 1);
        let inner = HANDLE.try_with(|slot| slot.replace(self.outer.take()));
        // Perhaps the last handle of its runtime: not under the borrow.
        drop(inner);
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered")
            .field("depth", &self.depth)
            .finish()
    }
}

/// What a thread that runs tasks holds: it is in `handle`'s runtime and must not block.
#[derive(Debug)]
pub(crate) struct Running {
    _entered: Entered,
    _no_blocking: leaf::NoBlocking,
    _seeded: Option<chance::Restore>,
}

/// For a thread that is about to block on a future, or to run tasks.
///
/// # Panics
///
/// If the thread is running tasks already.
#[track_caller]
pub(crate) fn start_running(handle: &Handle) -> Running {
    assert!(
        !leaf::must_not_block(),
        "Cannot start a runtime from within a runtime: this thread is already running async tasks, \
         and `block_on` would keep them waiting; `.await` the future, or move the call into \
         `spawn_blocking`"
    );
    Running {
        _entered: enter(handle),
        _no_blocking: leaf::forbid_blocking(),
        _seeded: handle.seeds().and_then(|seeds| chance::begin(seeds.next())),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A driver without a runtime, for the tests of what lies below one.

    use std::cell::RefCell;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    use crate::engine::driver;

    thread_local! {
        static DRIVER: RefCell<Option<Arc<driver::Handle>>> = const { RefCell::new(None) };
    }

    pub(super) fn driver() -> Option<Arc<driver::Handle>> {
        DRIVER.with_borrow(Clone::clone)
    }

    struct Unpark(Arc<driver::Handle>);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Runs one future on this thread over a driver of its own.
    pub(crate) fn block_on<F: Future>(config: &driver::Config, future: F) -> F::Output {
        let (mut driver, handle) = driver::Driver::new(config).expect("the driver starts");
        DRIVER.set(Some(handle.clone()));
        let waker = Waker::from(Arc::new(Unpark(handle)));
        let mut future = pin!(future);
        let output = loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => break output,
                Poll::Pending => driver.park(None),
            }
        };
        DRIVER.set(None);
        driver.shutdown();
        output
    }
}
