//! A notice reaches one who waits, in their order; one message reaches one receiver.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};

use wakeful::sync::futures::OwnedNotified;
use wakeful::sync::{Notify, Promise, oneshot};
use wakeful::task::{coop::unconstrained, yield_now};

fn is_there(notified: &mut Pin<Box<OwnedNotified>>) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    // Several are polled in one turn: not by the budget of one.
    pin!(unconstrained(notified.as_mut()))
        .poll(&mut cx)
        .is_ready()
}

each_scheduler! {
    /// Against a queue of who waits and one permit, step by step; the steps are made by tasks, one
    /// after another, so that they happen on any thread.
    fn notices_go_to_those_who_wait_in_their_order(case) {
        let steps = 10 + case.below(40);
        let mut choices = case.fork();
        case.run(async move {
            let notify = Arc::new(Notify::new());
            // Waiting, oldest first; told, and not yet looked; the permit.
            let mut waiting: VecDeque<Pin<Box<OwnedNotified>>> = VecDeque::new();
            let mut permit = false;
            for _ in 0..steps {
                match choices.below(6) {
                    0 | 1 => {
                        let mut new = Box::pin(Arc::clone(&notify).notified_owned());
                        assert_eq!(is_there(&mut new), permit, "a permit is for the next");
                        if !std::mem::take(&mut permit) {
                            waiting.push_back(new);
                        }
                    }
                    2 => {
                        let notify = Arc::clone(&notify);
                        wakeful::spawn(async move { notify.notify_one() }).await.unwrap();
                        match waiting.pop_front() {
                            Some(mut told) => assert!(is_there(&mut told), "the first is told"),
                            None => permit = true,
                        }
                    }
                    3 => {
                        let notify = Arc::clone(&notify);
                        wakeful::spawn(async move { notify.notify_last() }).await.unwrap();
                        match waiting.pop_back() {
                            Some(mut told) => assert!(is_there(&mut told), "the last is told"),
                            None => permit = true,
                        }
                    }
                    4 => {
                        let notify = Arc::clone(&notify);
                        wakeful::spawn(async move { notify.notify_waiters() }).await.unwrap();
                        for mut told in waiting.drain(..) {
                            assert!(is_there(&mut told), "everybody is told");
                        }
                    }
                    _ if waiting.is_empty() => {}
                    // One is told, and goes away: the next one has the notice.
                    _ => {
                        notify.notify_one();
                        drop(waiting.pop_front());
                        match waiting.pop_front() {
                            Some(mut next) => assert!(is_there(&mut next), "it is passed on"),
                            None => permit = true,
                        }
                    }
                }
                for still in &mut waiting {
                    assert!(!is_there(still), "nobody else is told");
                }
            }
        });
    }

    /// What was accepted arrives; what was refused comes back; nothing else happens.
    fn a_message_arrives_or_comes_back(case) {
        let mut choices = case.fork();
        case.run(async move {
            for number in 0..20 {
                let (sender, receiver) = oneshot::channel();
                let (before, after) = (choices.below(3), choices.below(3));
                let (sends, receives) = (!choices.one_in(4), !choices.one_in(4));
                let sending = wakeful::spawn(async move {
                    for _ in 0..before {
                        yield_now().await;
                    }
                    sends.then(|| sender.send(number))
                });
                let receiving = wakeful::spawn(async move {
                    if receives {
                        return Some(receiver.await);
                    }
                    for _ in 0..after {
                        yield_now().await;
                    }
                    drop(receiver);
                    None
                });
                match (sending.await.unwrap(), receiving.await.unwrap()) {
                    (Some(Ok(())), Some(Ok(got))) => assert_eq!(got, number),
                    // Accepted, and dropped with the receiver.
                    (Some(Ok(())), None) => {}
                    (Some(Err(back)), None) => assert_eq!(back, number),
                    (None, Some(Err(_)) | None) => {}
                    other => panic!("{other:?}"),
                }
            }
        });
    }

    /// Everybody who has the promise sees the same.
    fn a_promise_is_the_same_for_all(case) {
        let readers = 1 + case.below(5);
        let mut choices = case.fork();
        case.run(async move {
            let (promise, resolver) = Promise::new();
            let shared = promise.shared();
            let tasks: Vec<_> = (0..readers)
                .map(|_| {
                    let shared = shared.clone();
                    let pause = choices.below(3);
                    wakeful::spawn(async move {
                        for _ in 0..pause {
                            yield_now().await;
                        }
                        shared.await
                    })
                })
                .collect();
            for _ in 0..choices.below(4) {
                yield_now().await;
            }
            let kept = !choices.one_in(4);
            match kept {
                true => assert!(resolver.resolve(7).is_ok()),
                false => drop(resolver),
            }
            for task in tasks {
                assert_eq!(task.await.unwrap().ok(), kept.then_some(7));
            }
        });
    }
}
