//! The cooperative budget as tasks see it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, ready};

use wakeful::task::coop::{
    RestoreOnPending, consume_budget, cooperative, has_budget_remaining, poll_proceed,
    unconstrained,
};
use wakeful::task::yield_now;

use crate::flavors::On;

/// Counts how often `inner` had to be polled.
async fn polls<F: Future>(inner: F) -> (F::Output, usize) {
    let mut inner = Box::pin(inner);
    let mut polls = 0;
    let output = std::future::poll_fn(|cx| {
        polls += 1;
        inner.as_mut().poll(cx)
    })
    .await;
    (output, polls)
}

/// Spends a unit only when told to.
struct Spend {
    progress: bool,
}

impl Future for Spend {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let unit: RestoreOnPending = ready!(poll_proceed(cx));
        if self.progress {
            unit.made_progress();
            unit.made_progress();
        }
        Poll::Ready(())
    }
}

async fn spend_all() {
    while has_budget_remaining() {
        Spend { progress: true }.await;
    }
}

each_runtime! {
    /// The budget of a poll is the same whoever spends it, and comes back with the next poll.
    fn a_task_yields_every_so_many_operations(on) {
        on.run(async {
            wakeful::spawn(async {
                let ((), with_progress) = polls(async {
                    for _ in 0..1_000 {
                        Spend { progress: true }.await;
                    }
                })
                .await;
                let ((), consumed) = polls(async {
                    for _ in 0..1_000 {
                        consume_budget().await;
                    }
                })
                .await;
                let ((), wrapped) = polls(async {
                    for _ in 0..1_000 {
                        cooperative(std::future::ready(())).await;
                    }
                })
                .await;
                for polls in [with_progress, consumed, wrapped] {
                    assert!((8..=9).contains(&polls), "{polls}");
                }
            })
            .await
            .unwrap();
        });
    }

    fn without_progress_nothing_is_spent(on) {
        on.run(async {
            wakeful::spawn(async {
                let ((), polls) = polls(async {
                    for _ in 0..1_000 {
                        Spend { progress: false }.await;
                    }
                })
                .await;
                assert_eq!(polls, 1);
                let pending = cooperative(std::future::pending::<()>());
                let mut pending = Box::pin(pending);
                std::future::poll_fn(|cx| {
                    for _ in 0..1_000 {
                        assert!(pending.as_mut().poll(cx).is_pending());
                    }
                    Poll::Ready(())
                })
                .await;
                assert!(has_budget_remaining());
            })
            .await
            .unwrap();
        });
    }

    fn unconstrained_has_no_end_and_charges_nobody(on) {
        on.run(async {
            wakeful::spawn(async {
                let ((), polls) = polls(async {
                    unconstrained(async {
                        for _ in 0..1_000 {
                            consume_budget().await;
                            assert!(has_budget_remaining());
                        }
                    })
                    .await;
                    assert!(has_budget_remaining());
                })
                .await;
                assert_eq!(polls, 1);
            })
            .await
            .unwrap();
        });
    }

    /// A used-up budget stops leaves, but not what is unconstrained.
    fn unconstrained_works_with_nothing_left(on) {
        on.run(async {
            wakeful::spawn(async {
                std::future::poll_fn(|cx| {
                    assert!(Box::pin(spend_all()).as_mut().poll(cx).is_ready());
                    assert!(!has_budget_remaining());
                    assert!(Box::pin(consume_budget()).as_mut().poll(cx).is_pending());
                    let mut free = Box::pin(unconstrained(consume_budget()));
                    assert!(free.as_mut().poll(cx).is_ready());
                    assert!(!has_budget_remaining());
                    Poll::Ready(())
                })
                .await;
            })
            .await
            .unwrap();
        });
    }

    /// Other tasks run while one spins through operations that are always ready.
    fn nobody_starves(on) {
        on.run(async {
            let other = wakeful::spawn(async {});
            wakeful::spawn(async move {
                while !other.is_finished() {
                    consume_budget().await;
                }
            })
            .await
            .unwrap();
        });
    }
}

#[test]
fn outside_of_a_task_there_is_no_limit() {
    crate::flavors::foreign_block_on(async {
        let ((), polls) = polls(async {
            for _ in 0..1_000 {
                consume_budget().await;
            }
        })
        .await;
        assert_eq!(polls, 1);
    });
}

/// A main future that yields is one among the tasks, not one of sixty.
#[test]
fn a_main_future_that_yields_takes_turns_with_the_tasks() {
    crate::flavors::bounded(|| {
        On::CurrentThread.run(async {
            let polls = Arc::new(AtomicUsize::new(0));
            for _ in 0..3 {
                let polls = polls.clone();
                wakeful::spawn(async move {
                    loop {
                        polls.fetch_add(1, SeqCst);
                        yield_now().await;
                    }
                });
            }
            for round in 0..200 {
                assert!(polls.load(SeqCst) <= 3 * round, "in round {round}");
                yield_now().await;
            }
            assert_eq!(polls.load(SeqCst), 3 * 200);
        });
    });
}
