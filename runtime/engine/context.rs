//! Which runtime this thread is in.

use std::cell::RefCell;
use std::sync::Arc;

use crate::engine::driver;

thread_local! {
    static DRIVER: RefCell<Option<Arc<driver::Handle>>> = const { RefCell::new(None) };
}

/// The message of every operation that needs a runtime and finds none.
pub(crate) const NO_RUNTIME: &str = "there is no wakeful runtime on this thread: call this from \
     inside `Runtime::block_on`, a task, or under `Handle::enter`";

/// The driver of the runtime this thread is in.
#[track_caller]
pub(crate) fn driver() -> Arc<driver::Handle> {
    match try_driver() {
        Some(driver) => driver,
        None => panic!("{NO_RUNTIME}"),
    }
}

pub(crate) fn try_driver() -> Option<Arc<driver::Handle>> {
    DRIVER
        .try_with(|driver| driver.borrow().clone())
        .ok()
        .flatten()
}

#[cfg(test)]
pub(crate) mod testing {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    use crate::engine::driver;

    struct Unpark(Arc<driver::Handle>);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Runs one future on this thread over a driver of its own.
    pub(crate) fn block_on<F: Future>(config: &driver::Config, future: F) -> F::Output {
        let (mut driver, handle) = driver::Driver::new(config).expect("the driver starts");
        super::DRIVER.with(|slot| slot.replace(Some(handle.clone())));
        let waker = Waker::from(Arc::new(Unpark(handle)));
        let mut future = pin!(future);
        let output = loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => break output,
                Poll::Pending => driver.park(None),
            }
        };
        super::DRIVER.with(|slot| slot.replace(None));
        driver.shutdown();
        output
    }
}
