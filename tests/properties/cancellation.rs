//! A tree of tokens against a list of parents.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use wakeful::sync::CancellationToken;
use wakeful::task::{JoinHandle, yield_now};

/// What a token should be.
struct Expected {
    parent: Option<usize>,
    cancelled: bool,
}

impl Expected {
    fn child(tokens: &[Expected], parent: usize) -> Self {
        Self {
            parent: Some(parent),
            cancelled: tokens[parent].cancelled,
        }
    }

    fn cancel(tokens: &mut [Expected], top: usize) {
        tokens[top].cancelled = true;
        // A child comes after its parent. One that was canceled before was with all below it.
        for token in top + 1..tokens.len() {
            let above = tokens[token].parent;
            tokens[token].cancelled |= above.is_some_and(|above| tokens[above].cancelled);
        }
    }
}

each_scheduler! {
    /// Tokens are made, cloned, dropped and canceled in any order. Each is canceled exactly when
    /// it or an ancestor was, whether the tokens in between are still there or not; and whoever
    /// waits ends exactly then.
    fn a_cancellation_reaches_all_below(case) {
        let mut choices = case.fork();
        case.run(async move {
            let mut model = vec![Expected { parent: None, cancelled: false }];
            let mut tokens = vec![Some(CancellationToken::new())];
            let mut waits: Vec<(usize, JoinHandle<()>)> = Vec::new();
            for _ in 0..choices.below(60) {
                let at = choices.below(tokens.len());
                let Some(token) = tokens[at].clone() else { continue };
                match choices.below(10) {
                    0..5 => {
                        tokens.push(Some(token.child_token()));
                        model.push(Expected::child(&model, at));
                    }
                    5..7 => {
                        let waiting = async move { token.cancelled().await };
                        waits.push((at, wakeful::spawn(waiting)));
                    }
                    7..9 => tokens[at] = None,
                    _ => {
                        token.cancel();
                        Expected::cancel(&mut model, at);
                    }
                }
                if choices.one_in(3) {
                    yield_now().await;
                }
            }
            for (token, expected) in tokens.iter().zip(&model) {
                if let Some(token) = token {
                    assert_eq!(token.is_cancelled(), expected.cancelled);
                }
            }
            for (at, wait) in waits {
                if model[at].cancelled {
                    wait.await.expect("it was canceled");
                } else {
                    assert!(!wait.is_finished());
                    wait.abort();
                }
            }
        });
    }

    /// Tasks cancel, make children and give them up, all at once. Who saw a parent canceled sees
    /// the child canceled, and everybody who waits ends.
    fn no_wait_outlasts_a_cancellation(case) {
        let mut choices = case.fork();
        case.run(async move {
            let root = CancellationToken::new();
            let is_over = Arc::new(AtomicBool::new(false));
            let mut tasks = Vec::new();
            for _ in 0..1 + choices.below(8) {
                let (token, is_over) = (root.child_token(), Arc::clone(&is_over));
                let (depth, pause) = (choices.below(5), choices.below(4));
                tasks.push(wakeful::spawn(async move {
                    let mut last = token;
                    for _ in 0..depth {
                        last = last.child_token();
                        yield_now().await;
                    }
                    let below = last.child_token();
                    for _ in 0..pause {
                        yield_now().await;
                    }
                    last.cancelled().await;
                    assert!(below.is_cancelled());
                    assert!(is_over.load(SeqCst));
                }));
            }
            for _ in 0..choices.below(6) {
                yield_now().await;
            }
            is_over.store(true, SeqCst);
            root.cancel();
            for task in tasks {
                task.await.expect("it ends");
            }
        });
    }
}
