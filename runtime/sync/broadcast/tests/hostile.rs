//! Messages that panic, or come back to the channel, when they are cloned or dropped; wakers that
//! do.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;

type Hook = Arc<dyn Fn() + Send + Sync>;

/// Calls these when it is cloned and when it is dropped.
struct Calls {
    when_cloned: Option<Hook>,
    when_dropped: Option<Hook>,
}

impl Calls {
    fn when_cloned(hook: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            when_cloned: Some(Arc::new(hook)),
            when_dropped: None,
        }
    }

    fn when_dropped(hook: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            when_cloned: None,
            when_dropped: Some(Arc::new(hook)),
        }
    }

    fn nothing() -> Self {
        Self {
            when_cloned: None,
            when_dropped: None,
        }
    }
}

impl Clone for Calls {
    fn clone(&self) -> Self {
        if let Some(hook) = &self.when_cloned {
            hook();
        }
        Self::nothing()
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        if let Some(hook) = self.when_dropped.take() {
            hook();
        }
    }
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// Counts how often it is cloned at the same time.
struct Alone(Arc<AtomicUsize>, Cell<u8>);

impl Clone for Alone {
    fn clone(&self) -> Self {
        assert_eq!(self.0.fetch_add(1, SeqCst), 0, "two threads borrow a !Sync");
        self.1.set(self.1.get().wrapping_add(1));
        thread::yield_now();
        self.0.fetch_sub(1, SeqCst);
        Self(self.0.clone(), Cell::new(0))
    }
}

#[test]
fn r22_a_message_is_cloned_by_one_thread_at_a_time() {
    let (sender, receiver) = channel(64);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let mut receiver = receiver.resubscribe();
            thread::spawn(move || while receiver.blocking_recv().is_ok() {})
        })
        .collect();
    drop(receiver);
    for _ in 0..50 {
        assert!(sender.send(Alone(Arc::default(), Cell::new(0))).is_ok());
    }
    drop(sender);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_clone_that_panics_costs_its_receiver_this_message_and_nobody_else_any() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let (sender, mut one) = channel(4);
    let mut other = sender.subscribe();
    let (bad, count) = (Arc::new(AtomicUsize::new(0)), dropped.clone());
    let mut message = Calls::when_cloned(move || {
        assert!(bad.fetch_add(1, SeqCst) > 0, "the first clone panics");
    });
    message.when_dropped = Some(Arc::new(move || {
        count.fetch_add(1, SeqCst);
    }));
    assert!(sender.send(message).is_ok());
    assert!(sender.send(Calls::nothing()).is_ok());

    assert!(panics(|| drop(one.try_recv())));
    assert_eq!((one.len(), sender.len()), (1, 2));
    assert!(one.try_recv().is_ok());
    assert_eq!(dropped.load(SeqCst), 0);
    assert!(other.try_recv().is_ok());
    assert_eq!(dropped.load(SeqCst), 1, "the last one has it");
    assert!(other.try_recv().is_ok());
    assert!(sender.is_empty());
}

/// A message of its own costs the only receiver a clone, too: what it gets is always one.
#[test]
fn a_clone_for_the_only_receiver_may_panic() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let (sender, mut receiver) = channel(4);
    let count = dropped.clone();
    let mut message = Calls::when_cloned(|| panic!("the clone panics"));
    message.when_dropped = Some(Arc::new(move || {
        count.fetch_add(1, SeqCst);
    }));
    assert!(sender.send(message).is_ok());
    assert!(sender.send(Calls::nothing()).is_ok());

    assert!(panics(|| drop(receiver.try_recv())));
    assert_eq!(dropped.load(SeqCst), 1);
    assert!(receiver.try_recv().is_ok());
    assert!(sender.is_empty());
}

#[test]
fn a_clone_may_use_the_channel_and_the_same_message() {
    no_deadlock(|| {
        let (sender, mut receiver) = channel(2);
        let other = Arc::new(Mutex::new(sender.subscribe()));
        let (sends, theirs) = (sender.clone(), other.clone());
        let message = Calls::when_cloned(move || {
            // The second clone, from within the first.
            if let Ok(mut other) = theirs.try_lock() {
                assert!(other.try_recv().is_ok());
            }
            assert!(sends.send(Calls::nothing()).is_ok());
            let _ = (sends.len(), sends.subscribe());
        });
        assert!(sender.send(message).is_ok());
        assert!(receiver.try_recv().is_ok());
        assert_eq!(receiver.len(), 2);
        drop(other);
    });
}

#[test]
fn a_drop_may_use_the_channel() {
    no_deadlock(|| {
        let (sender, mut receiver) = channel(1);
        let drops = Arc::new(AtomicUsize::new(0));
        let message = || {
            let (sender, drops) = (sender.clone(), drops.clone());
            Calls::when_dropped(move || {
                drops.fetch_add(1, SeqCst);
                let _ = (sender.len(), sender.receiver_count());
                drop(sender.subscribe());
            })
        };
        // Received by the last, overwritten, with its receiver, refused.
        sender.send(message()).unwrap();
        assert!(receiver.try_recv().is_ok());
        assert_eq!(drops.load(SeqCst), 1);
        sender.send(message()).unwrap();
        sender.send(message()).unwrap();
        assert_eq!(drops.load(SeqCst), 2);
        drop(receiver);
        assert_eq!(drops.load(SeqCst), 3);
        drop(sender.send(message()));
        assert_eq!(drops.load(SeqCst), 4);
    });
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Calls")
    }
}

#[test]
fn a_drop_that_panics_keeps_nobody_from_being_told() {
    let bomb = || Calls::when_dropped(|| panic!("dropped"));
    let wakes = Count::new();

    // Overwritten: the receiver that waits is woken first.
    let (sender, mut slow) = channel(1);
    let mut waits = sender.subscribe();
    sender.send(bomb()).unwrap();
    waits.try_recv().unwrap();
    {
        let mut recv = pin!(waits.recv());
        assert!(poll(recv.as_mut(), &wakes.waker()).is_pending());
        assert!(panics(|| drop(sender.send(Calls::nothing()))));
        assert_eq!(wakes.wakes(), 1);
        assert!(matches!(poll_once(recv.as_mut()), Poll::Ready(Ok(_))));
    }
    assert!(matches!(slow.try_recv(), Err(TryRecvError::Lagged(1))));
    drop((waits, slow));

    // With the last receiver: each is dropped, and `closed` ends.
    let (sender, receiver) = channel(4);
    let mut closed = pin!(sender.closed());
    assert!(poll(closed.as_mut(), &wakes.waker()).is_pending());
    let drops = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let drops = drops.clone();
        let message = Calls::when_dropped(move || {
            drops.fetch_add(1, SeqCst);
            panic!("dropped");
        });
        sender.send(message).unwrap();
    }
    assert!(panics(|| drop(receiver)));
    assert_eq!((drops.load(SeqCst), wakes.wakes()), (3, 2));
    assert!(poll_once(closed.as_mut()).is_ready());
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let (sender, receiver) = channel::<u8>(2);
        let again = sender.clone();
        let back = move || {
            let _ = again.send(1);
            drop(again.subscribe());
            let _ = (again.len(), again.receiver_count(), again.clone());
            assert!(poll_once(pin!(again.closed())).is_pending());
        };
        each_reentry(back, |waker, _| {
            let (mut one, mut other) = (sender.subscribe(), sender.subscribe());
            let (mut recv, mut waits) = (pin!(one.recv()), pin!(other.recv()));
            let _ = poll(recv.as_mut(), Waker::noop());
            let _ = poll(recv.as_mut(), waker);
            let _ = poll(waits.as_mut(), waker);
            sender.send(2).unwrap();
            let mut closed = pin!(sender.closed());
            let _ = poll(closed.as_mut(), Waker::noop());
            let _ = poll(closed.as_mut(), waker);
            let mut third = sender.subscribe();
            let _ = poll(pin!(third.recv()), waker);
        });
        drop(receiver);
    });
}
