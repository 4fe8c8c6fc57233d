//! Everybody gets what was sent while they were there, in order, less what they are told they lost.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use wakeful::sync::broadcast::{self, Receiver, error::RecvError};
use wakeful::task::yield_now;

each_scheduler! {
    /// Senders number their messages; receivers come late, wait, lag, and go. What a receiver got
    /// and what it was told it lost add up to a run without a gap, up to the last message.
    fn nothing_is_lost_in_silence(case) {
        let capacity = 1 + case.below(6);
        let messages = case.below(40) as u64;
        let receivers = 1 + case.below(4);
        let mut choices = case.fork();
        case.run(async move {
            let (sender, receiver) = broadcast::channel(capacity);
            let mut tasks = Vec::new();
            for _ in 0..receivers {
                let mut receiver = receiver.resubscribe();
                let mut choices = choices.fork();
                tasks.push(wakeful::spawn(async move {
                    let mut next = None;
                    loop {
                        for _ in 0..choices.below(4) {
                            yield_now().await;
                        }
                        // A wait that is given up takes no message along.
                        let tried = match choices.one_in(3) {
                            true => poll_once(&mut receiver).await,
                            false => None,
                        };
                        let received = match tried {
                            Some(received) => received,
                            None => receiver.recv().await,
                        };
                        match received {
                            Ok(number) => {
                                assert_eq!(number, next.unwrap_or(0));
                                next = Some(number + 1);
                            }
                            Err(RecvError::Lagged(lost)) => {
                                assert!(lost > 0);
                                next = Some(next.unwrap_or(0) + lost);
                            }
                            Err(RecvError::Closed) => return next.unwrap_or(0),
                        }
                    }
                }));
            }
            drop(receiver);
            for number in 0..messages {
                assert_eq!(sender.send(number).ok(), Some(receivers));
                if choices.one_in(3) {
                    yield_now().await;
                }
            }
            assert!(sender.len() <= capacity.next_power_of_two());
            drop(sender);
            for task in tasks {
                assert_eq!(task.await.expect("a receiver ends"), messages);
            }
        });
    }

    /// Receivers are aborted wherever they are. The others get everything, and each message is
    /// dropped once nobody is to see it any more.
    fn who_goes_takes_nothing_along(case) {
        let messages = 1 + case.below(20);
        let leavers = case.below(5);
        let mut choices = case.fork();
        case.run(async move {
            let message = Arc::new(());
            let (sender, mut receiver) = broadcast::channel(32);
            let tasks: Vec<_> = (0..leavers)
                .map(|_| {
                    let mut receiver = sender.subscribe();
                    wakeful::spawn(async move { while receiver.recv().await.is_ok() {} })
                })
                .collect();
            for _ in 0..messages {
                sender.send(message.clone()).expect("one stays");
                if choices.one_in(2) {
                    yield_now().await;
                }
                if leavers > 0 && choices.one_in(3) {
                    tasks[choices.below(leavers)].abort();
                }
            }
            for task in tasks {
                task.abort();
                let _ = task.await;
            }
            assert_eq!((sender.receiver_count(), sender.len()), (1, messages));
            for _ in 0..messages {
                assert!(receiver.recv().await.is_ok());
            }
            assert_eq!(Arc::strong_count(&message), 1);
            drop(receiver);
            sender.closed().await;
        });
    }
}

/// Polls a receive once: `None` if it had to wait, and was dropped.
async fn poll_once(receiver: &mut Receiver<u64>) -> Option<Result<u64, RecvError>> {
    let mut recv = pin!(receiver.recv());
    let polled = poll_fn(|cx| Poll::Ready(recv.as_mut().poll(cx))).await;
    match polled {
        Poll::Ready(received) => Some(received),
        Poll::Pending => None,
    }
}
