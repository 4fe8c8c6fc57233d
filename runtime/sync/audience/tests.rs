//! Who waits and who calls, in order. Interleavings are in `models`.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::*;
use crate::sync::testing::*;

type Door = Arc<Audience<bool>>;

fn door() -> Door {
    Arc::new(Audience::new(false))
}

fn open_it(door: &Door) {
    let mut open = door.open();
    open.state = true;
    close_and_call(open).wake();
}

fn look(door: &Door, node: Pin<&Node<()>>, waker: &Waker) -> Poll<()> {
    door.poll(node, waker, |open| open.then_some(()))
}

#[test]
fn everybody_is_called_and_finds_it() {
    let (door, wakes) = (door(), Count::new());
    let nodes: Vec<_> = (0..20).map(|_| Box::pin(Node::new(()))).collect();
    for node in &nodes {
        assert!(look(&door, node.as_ref(), &wakes.waker()).is_pending());
    }
    open_it(&door);
    assert_eq!(wakes.wakes(), 20);
    for node in &nodes {
        assert!(look(&door, node.as_ref(), Waker::noop()).is_ready());
    }
    assert_eq!(Arc::strong_count(&wakes), 1, "no waker is kept");
}

#[test]
fn called_in_vain_it_queues_again() {
    let (door, wakes) = (door(), Count::new());
    let node = pin!(Node::new(()));
    for round in 0..3 {
        assert!(look(&door, node.as_ref(), &wakes.waker()).is_pending());
        assert_eq!(wakes.wakes(), round);
        door.call();
    }
    assert_eq!(wakes.wakes(), 3);
    door.call();
    assert_eq!(wakes.wakes(), 3, "it was not queued any more");
}

#[test]
fn the_last_waker_is_woken() {
    let (door, first, last) = (door(), Count::new(), Count::new());
    let node = pin!(Node::new(()));
    assert!(look(&door, node.as_ref(), &first.waker()).is_pending());
    assert!(look(&door, node.as_ref(), &last.waker()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1, "the first was let go");
    open_it(&door);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

#[test]
fn who_leaves_or_finds_it_uncalled_is_not_called() {
    let (door, wakes) = (door(), Count::new());
    let (leaves, finds) = (pin!(Node::new(())), pin!(Node::new(())));
    assert!(look(&door, leaves.as_ref(), &wakes.waker()).is_pending());
    assert!(look(&door, finds.as_ref(), &wakes.waker()).is_pending());
    door.leave(leaves.as_ref());
    door.leave(leaves.as_ref());
    door.open().state = true;
    assert!(look(&door, finds.as_ref(), &wakes.waker()).is_ready());
    door.call();
    assert_eq!(wakes.wakes(), 0);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn r33_wakers_may_call_back() {
    no_deadlock(|| {
        let door = door();
        let again = door.clone();
        let back = move || {
            again.call();
            let node = pin!(Node::new(()));
            let _ = look(&again, node.as_ref(), Waker::noop());
            again.leave(node.as_ref());
        };
        each_reentry(back, |waker, _| {
            door.open().state = false;
            let (one, other) = (pin!(Node::new(())), pin!(Node::new(())));
            let _ = look(&door, one.as_ref(), Waker::noop());
            let _ = look(&door, one.as_ref(), waker);
            let _ = look(&door, other.as_ref(), waker);
            door.leave(one.as_ref());
            open_it(&door);
            door.leave(other.as_ref());
        });
    });
}

#[test]
fn one_waker_that_panics_keeps_nobody_from_being_woken() {
    let (door, wakes) = (door(), Count::new());
    let bad = hooked(|asked| assert_ne!(asked, Asked::Wake, "woken"));
    let (one, other) = (pin!(Node::new(())), pin!(Node::new(())));
    assert!(look(&door, one.as_ref(), &bad).is_pending());
    assert!(look(&door, other.as_ref(), &wakes.waker()).is_pending());
    let call = std::panic::AssertUnwindSafe(|| door.call());
    assert!(std::panic::catch_unwind(call).is_err());
    assert_eq!(wakes.wakes(), 1);
}
