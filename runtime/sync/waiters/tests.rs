//! The list against a plain queue, and the wakers it gives out.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::sync::testing::*;

type List = Waiters<(), u32>;

fn node(data: u32) -> Pin<Box<Node<u32>>> {
    Box::pin(Node::new(data))
}

#[test]
fn a_node_waits_in_one_list() {
    let (one, other) = (List::new(()), List::new(()));
    let node = node(7);
    one.lock().push_back(node.as_ref(), 7, None);
    assert_eq!(node.stage(), Stage::Queued);
    assert!(other.lock().remove(node.as_ref()).is_none(), "WT3");
    let again = catch_unwind(AssertUnwindSafe(|| {
        other.lock().push_back(node.as_ref(), 7, None);
    }));
    assert!(again.is_err());
    assert!(one.lock().remove(node.as_ref()).is_some());
    assert!(one.lock().remove(node.as_ref()).is_none());
    assert_eq!(node.stage(), Stage::New);
}

#[test]
fn a_queued_node_is_not_settled_or_read() {
    let list = List::new(());
    let mut node = node(7);
    list.lock().push_back(node.as_ref(), 8, None);
    assert!(catch_unwind(AssertUnwindSafe(|| node.as_mut().settle(Stage::New))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| node.as_mut().data())).is_err());
    assert!(list.lock().pop_front(Stage::Granted).is_some());
    assert_eq!(node.as_mut().data(), 8);
    assert_eq!(node.stage(), Stage::Granted);
}

#[test]
fn r33_all_are_woken_though_one_panics() {
    for count in [1, 3, 8, 9, 40] {
        let list = List::new(());
        let nodes: Vec<_> = (0..count).map(node).collect();
        let woken = Count::new();
        let mut wakers = Wakers::new();
        for (i, node) in nodes.iter().enumerate() {
            let woken = woken.clone();
            let waker = hooked(move |asked| {
                if asked == Asked::Wake {
                    woken.waker().wake();
                    assert!(i % 2 == 1, "hostile waker {i}");
                }
            });
            list.lock().push_back(node.as_ref(), 0, Some(waker));
        }
        while let Some(called) = list.lock().pop_front(Stage::Broadcast) {
            wakers.push(called);
        }
        let panic = catch_unwind(AssertUnwindSafe(|| wakers.wake())).unwrap_err();
        assert_eq!(*panic.downcast::<String>().unwrap(), "hostile waker 0");
        assert_eq!(woken.wakes(), count as usize);
    }
}

#[test]
fn refresh_keeps_the_newest_waker() {
    let list = List::new(());
    let node = node(0);
    let (first, second) = (Count::new(), Count::new());
    assert_eq!(list.refresh(node.as_ref(), &first.waker()), Stage::New);
    list.lock().push_back(node.as_ref(), 0, None);
    assert_eq!(list.refresh(node.as_ref(), &first.waker()), Stage::Queued);
    assert_eq!(list.refresh(node.as_ref(), &second.waker()), Stage::Queued);
    assert_eq!(Arc::strong_count(&first), 1);
    let called = list.lock().pop_front(Stage::Closed).unwrap();
    called.wake();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
    assert_eq!(list.refresh(node.as_ref(), &first.waker()), Stage::Closed);
    assert_eq!(Arc::strong_count(&first), 1);
}

proptest! {
    #[test]
    fn r32_as_a_plain_queue(steps in prop::collection::vec((0..4u8, 0..8usize), 1..100)) {
        let list = List::new(());
        let mut nodes: Vec<_> = (0..8).map(node).collect();
        let mut queue = VecDeque::new();
        for (step, i) in steps {
            let mut open = list.lock();
            match step {
                0 if !queue.contains(&i) => {
                    nodes[i].as_mut().settle(Stage::New);
                    open.push_back(nodes[i].as_ref(), i as u32, None);
                    queue.push_back(i);
                }
                1 => {
                    let called = open.pop_front(Stage::Granted).is_some();
                    let front = queue.pop_front();
                    prop_assert_eq!(called, front.is_some());
                    if let Some(front) = front {
                        prop_assert_eq!(nodes[front].stage(), Stage::Granted);
                    }
                }
                2 => {
                    let called = open.pop_back(Stage::GrantedLast).is_some();
                    let back = queue.pop_back();
                    prop_assert_eq!(called, back.is_some());
                    if let Some(back) = back {
                        prop_assert_eq!(nodes[back].stage(), Stage::GrantedLast);
                    }
                }
                _ => {
                    let there = queue.contains(&i);
                    prop_assert_eq!(open.remove(nodes[i].as_ref()).is_some(), there);
                    queue.retain(|&queued| queued != i);
                }
            }
            prop_assert_eq!(open.is_empty(), queue.is_empty());
            prop_assert_eq!(open.front(), queue.front().map(|&i| i as u32));
            for (i, node) in nodes.iter().enumerate() {
                prop_assert_eq!(node.stage() == Stage::Queued, queue.contains(&i));
            }
        }
        while list.lock().pop_front(Stage::Closed).is_some() {}
    }
}
