//! The last value is always seen, values do not go back, and the end comes after the last.

use wakeful::sync::watch;
use wakeful::task::yield_now;

each_scheduler! {
    /// Several senders count up; receivers watch, are cloned and aborted. Nobody sees a value
    /// twice as new, nor an older one after a newer, and who stays sees the last.
    fn the_last_value_is_seen(case) {
        let senders = 1 + case.below(3);
        let rounds = case.below(15) as u64;
        let receivers = 1 + case.below(4);
        let mut choices = case.fork();
        case.run(async move {
            let (sender, receiver) = watch::channel(0_u64);
            let mut watchers = Vec::new();
            for _ in 0..receivers {
                let mut receiver = receiver.clone();
                let mut choices = choices.fork();
                watchers.push(wakeful::spawn(async move {
                    let mut last = *receiver.borrow_and_update();
                    while receiver.changed().await.is_ok() {
                        let value = *receiver.borrow_and_update();
                        assert!(value >= last, "{value} after {last}");
                        last = value;
                        for _ in 0..choices.below(3) {
                            yield_now().await;
                        }
                    }
                    last
                }));
            }
            let total = rounds * senders as u64;
            let mut waits = receiver.clone();
            let waiter = wakeful::spawn(async move {
                waits.wait_for(|value| *value == total).await.map(|found| *found).ok()
            });
            let mut tasks = Vec::new();
            for _ in 0..senders {
                let (sender, mut choices) = (sender.clone(), choices.fork());
                tasks.push(wakeful::spawn(async move {
                    for _ in 0..rounds {
                        sender.send_modify(|value| *value += 1);
                        if choices.one_in(2) {
                            yield_now().await;
                        }
                    }
                }));
            }
            drop(sender);
            let leaves = choices.one_in(2).then(|| choices.below(receivers));
            if let Some(which) = leaves {
                yield_now().await;
                watchers[which].abort();
            }
            for task in tasks {
                task.await.expect("a sender ends");
            }
            for (index, watcher) in watchers.into_iter().enumerate() {
                match watcher.await {
                    Ok(last) => assert_eq!(last, total),
                    Err(error) => assert!(error.is_cancelled() && leaves == Some(index)),
                }
            }
            assert_eq!(waiter.await.expect("it ends"), Some(total));
            assert!(receiver.is_closed());
        });
    }

    /// `closed` ends when the last receiver is gone, whoever is the last.
    fn closed_comes_after_the_last_receiver(case) {
        let receivers = 1 + case.below(6);
        let mut choices = case.fork();
        case.run(async move {
            let (sender, receiver) = watch::channel(());
            for _ in 0..receivers {
                let (receiver, yields) = (receiver.clone(), choices.below(4));
                wakeful::spawn(async move {
                    for _ in 0..yields {
                        yield_now().await;
                    }
                    drop(receiver);
                });
            }
            drop(receiver);
            sender.closed().await;
            assert_eq!(sender.receiver_count(), 0);
        });
    }
}
