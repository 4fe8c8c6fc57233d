//! A waker that is kept until something comes, in one word.
//!
//! A [`Waker`] is two words: its data, and the functions for it. Nearly all that wait are tasks of
//! ours, whose functions are known, so the header's address is enough for one of them. Any other
//! waker gets a box. Kept in join slots, by timers and by sources.
//!
//! Making one of another's waker allocates, and waking or dropping one runs its code: not under a
//! lock.
//!
//! - **K2** The word is the header of a task, of which this is a waker reference; or, with
//!   [`BOXED`] set, the address of a `Box<Waker>` that is this one's alone.

#![expect(unsafe_code, reason = "a waker in one word: K2")]

use std::hint::black_box;
use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::task::Waker;

use super::header::Header;
use super::waker;
use crate::primitives::atomic::Ordering::Relaxed;

/// Headers and boxes are aligned.
const BOXED: usize = 1;

/// A waker in one word.
#[derive(Debug)]
pub(crate) struct Kept(NonNull<Header>);

const _: () = assert!(size_of::<Option<Kept>>() == size_of::<usize>());

// SAFETY: K2. What it stands for is a `Waker`, which is `Send`.
unsafe impl Send for Kept {}
// SAFETY: K2. As above, and `Sync`.
unsafe impl Sync for Kept {}

impl From<Waker> for Kept {
    #[inline]
    fn from(waker: Waker) -> Self {
        match waker::pointer_of(&waker) {
            Some(task) => {
                mem::forget(waker);
                Self(task)
            }
            None => Self::boxed(waker),
        }
    }
}

impl Kept {
    #[cold]
    fn boxed(waker: Waker) -> Self {
        let boxed = Box::into_raw(Box::new(waker)).cast::<Header>();
        let tagged = boxed.map_addr(|address| address | BOXED);
        // SAFETY: K2. A box is not at address 0.
        Self(unsafe { NonNull::new_unchecked(tagged) })
    }

    /// Where the waker is, if it is in a box.
    #[inline]
    fn in_box(&self) -> Option<*mut Waker> {
        let word = self.0.as_ptr();
        let boxed = || word.map_addr(|address| address & !BOXED).cast();
        (word.addr() & BOXED != 0).then(boxed)
    }

    #[inline]
    fn into_waker(self) -> Waker {
        let this = ManuallyDrop::new(self);
        match this.in_box() {
            // SAFETY: K2. Ours alone, and given up here.
            Some(boxed) => *unsafe { Box::from_raw(boxed) },
            // SAFETY: K2. Our reference becomes the waker's.
            None => unsafe { waker::owned(this.0) },
        }
    }

    /// Wakes whoever waits, once and for all.
    #[inline]
    pub(crate) fn wake(self) {
        self.into_waker().wake();
    }

    /// As [`wake`](Self::wake), and keeps a panic of the waker from those who are to be woken after
    /// it. The panic hook has reported it.
    pub(crate) fn wake_among_others(self) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.wake())) {
            // Dropping it runs foreign code once more, which may panic in turn.
            mem::forget(payload);
        }
    }

    /// As [`Waker::will_wake`].
    #[inline]
    pub(crate) fn will_wake(&self, other: &Waker) -> bool {
        match self.in_box() {
            // SAFETY: K2. Ours alone.
            Some(boxed) => unsafe { &*boxed }.will_wake(other),
            None => waker::pointer_of(other) == Some(self.0),
        }
    }

    /// Looks at what a wake will write, so that it is in the cache. A wake is an atomic operation,
    /// behind which the next one's memory would not be asked for: many are looked at first.
    #[inline]
    pub(crate) fn look_ahead(&self) {
        if self.in_box().is_none() {
            // SAFETY: K2. Our reference keeps the task.
            let header = unsafe { self.0.as_ref() };
            black_box(header.state.snapshot());
            black_box(header.wait.what.load(Relaxed));
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A copy of the word, and the last use of this one.
        drop(Self(self.0).into_waker());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::task::{Poll, Wake, Waker};

    use super::Kept;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn a_foreign_waker_is_kept_as_it_is() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let [first, second] = [(); 2].map(|()| Kept::from(waker.clone()));
        assert!(first.will_wake(&waker) && !first.will_wake(Waker::noop()));
        first.look_ahead();
        assert_eq!(Arc::strong_count(&count), 4);
        first.wake();
        drop(second);
        assert_eq!((count.0.load(Relaxed), Arc::strong_count(&count)), (1, 2));
    }

    #[test]
    fn the_waker_of_a_task_is_kept_as_its_address() {
        let runtime = crate::runtime::Builder::new_current_thread()
            .build()
            .expect("without a driver");
        let mut kept = None;
        let mut polls = 0;
        let future = std::future::poll_fn(|cx| {
            let before = kept.replace(Kept::from(cx.waker().clone()));
            assert!(before.is_none_or(|kept| kept.will_wake(cx.waker())));
            assert!(kept.as_ref().is_some_and(|kept| kept.in_box().is_none()));
            polls += 1;
            if polls == 3 {
                return Poll::Ready(());
            }
            let kept = kept.take().expect("it has just been put there");
            kept.look_ahead();
            kept.wake();
            Poll::Pending
        });
        runtime.block_on(future);
        assert_eq!(polls, 3);
        assert!(kept.is_some_and(|kept| !kept.will_wake(Waker::noop())));
    }
}
