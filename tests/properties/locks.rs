//! A lock is held by one writer or by readers, whoever gives up waiting, and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};

use wakeful::sync::{Barrier, Condvar, Mutex, RwLock};
use wakeful::task::{coop::unconstrained, yield_now};

/// How many are inside: readers count up, a writer is -1.
#[derive(Default)]
struct Inside(AtomicIsize);

impl Inside {
    fn read(&self) -> Leave<'_> {
        assert!(self.0.fetch_add(1, SeqCst) >= 0, "a reader beside a writer");
        Leave(&self.0, -1)
    }

    fn write(&self) -> Leave<'_> {
        assert_eq!(self.0.fetch_sub(1, SeqCst), 0, "a writer beside somebody");
        Leave(&self.0, 1)
    }
}

struct Leave<'a>(&'a AtomicIsize, isize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(self.1, SeqCst);
    }
}

async fn yields(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

each_scheduler! {
    /// The value is the number of writes that were finished, aborts or not.
    fn writers_are_alone_and_readers_see_whole_writes(case) {
        let mut choices = case.fork();
        case.run(async move {
            let lock = Arc::new(RwLock::new((0_usize, 0_usize)));
            let inside = Arc::new(Inside::default());
            let written = Arc::new(AtomicUsize::new(0));
            let mut tasks = Vec::new();
            for _ in 0..2 + choices.below(10) {
                let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
                let written = Arc::clone(&written);
                let (before, held) = (choices.below(4), choices.below(4));
                let kind = choices.below(3);
                tasks.push(wakeful::spawn(async move {
                    yields(before).await;
                    if kind == 0 {
                        let value = lock.read().await;
                        let _inside = inside.read();
                        yields(held).await;
                        assert_eq!(value.0, value.1);
                        return;
                    }
                    let mut value = lock.write().await;
                    {
                        let _inside = inside.write();
                        yields(held).await;
                        value.0 += 1;
                        value.1 += 1;
                        written.fetch_add(1, SeqCst);
                    }
                    if kind == 1 {
                        let value = value.downgrade();
                        let _inside = inside.read();
                        yields(held).await;
                        assert_eq!(value.0, value.1);
                    }
                }));
            }
            for task in &tasks {
                yields(choices.below(3)).await;
                if choices.one_in(4) {
                    task.abort();
                }
            }
            for task in tasks {
                let ended = task.await;
                assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
            }
            let value = lock.try_write().expect("nobody is left");
            assert_eq!(value.0, written.load(SeqCst));
        });
    }

    /// Who was polled first is served first: the model is a line of people.
    fn a_mutex_serves_in_the_order_of_asking(case) {
        let count = 2 + case.below(8);
        let mut choices = case.fork();
        case.run(async move {
            let lock = Arc::new(Mutex::new(Vec::new()));
            let mut held = lock.lock().await;
            let mut tasks = Vec::new();
            for number in 0..count {
                let mut asking = Box::pin(Arc::clone(&lock).lock_owned());
                // Its place in the line is taken here, by the main future.
                let first = std::future::poll_fn(|cx| {
                    let asking = std::pin::pin!(unconstrained(asking.as_mut()));
                    std::task::Poll::Ready(asking.poll(cx).is_pending())
                });
                assert!(first.await, "the lock is held");
                let gives_up = choices.one_in(3);
                let waits = choices.below(3);
                tasks.push(wakeful::spawn(async move {
                    if gives_up {
                        yields(waits).await;
                        return;
                    }
                    asking.await.push(number);
                }));
                if !gives_up {
                    held.push(count + number);
                }
            }
            let expected: Vec<_> = held.drain(..).map(|number| number - count).collect();
            drop(held);
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*lock.lock().await, expected);
        });
    }

    /// Each round lets everybody through, and has one leader.
    fn a_barrier_counts_rounds(case) {
        let (parties, rounds) = (1 + case.below(6), 1 + case.below(4));
        let mut choices = case.fork();
        case.run(async move {
            let barrier = Arc::new(Barrier::new(parties));
            let arrived = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..parties)
                .map(|_| {
                    let (barrier, arrived) = (Arc::clone(&barrier), Arc::clone(&arrived));
                    let pause = choices.below(3);
                    wakeful::spawn(async move {
                        let mut led = 0;
                        for round in 0..rounds {
                            yields(pause).await;
                            arrived.fetch_add(1, SeqCst);
                            led += usize::from(barrier.wait().await.is_leader());
                            let arrived = arrived.load(SeqCst);
                            assert!(arrived >= (round + 1) * parties, "somebody is missing");
                        }
                        led
                    })
                })
                .collect();
            let mut led = 0;
            for task in tasks {
                led += task.await.unwrap();
            }
            assert_eq!((led, arrived.load(SeqCst)), (rounds, rounds * parties));
        });
    }

    /// Every item put in is taken out by one consumer, also when some give up waiting.
    fn a_condition_variable_loses_no_item(case) {
        let (consumers, items) = (1 + case.below(4), case.below(12));
        let mut choices = case.fork();
        case.run(async move {
            let shelf = Arc::new((Mutex::new((Vec::new(), false)), Condvar::new()));
            let mut tasks = Vec::new();
            for _ in 0..consumers {
                let shelf = Arc::clone(&shelf);
                tasks.push(wakeful::spawn(async move {
                    let mut taken = Vec::new();
                    loop {
                        let items = shelf.0.lock().await;
                        let mut items = shelf
                            .1
                            .wait_while(items, |(items, closed)| items.is_empty() && !*closed)
                            .await;
                        match items.0.pop() {
                            Some(item) => taken.push(item),
                            None => return taken,
                        }
                    }
                }));
            }
            for item in 0..items {
                yields(choices.below(3)).await;
                shelf.0.lock().await.0.push(item);
                shelf.1.notify_one();
            }
            shelf.0.lock().await.1 = true;
            shelf.1.notify_all();
            let mut taken = Vec::new();
            for task in tasks {
                taken.extend(task.await.unwrap());
            }
            taken.sort_unstable();
            assert_eq!(taken, (0..items).collect::<Vec<_>>());
        });
    }
}
