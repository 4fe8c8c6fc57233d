//! Question: what does it cost to receive a message that several receive?
//!
//! Unit: nanoseconds a receipt; its share of the sending is in it. Four tasks receive; messages are
//! sent in bursts of 16, each when the last one has been received by all.
//!
//! What would mislead: smol's crates have no such channel. Alone, each of the bursts would be
//! received by one task after the other; on two threads the tasks are woken on both.

use super::{PLAIN, Question, timed};
use crate::goals::Goal;
use crate::runtimes::{Kind, Peer};

const RECEIVERS: usize = 4;
const BURST: usize = 16;

pub(super) fn questions() -> Vec<Question> {
    vec![Question {
        topic: "Locks and messages",
        name: "broadcast to 4 tasks, bursts of 16",
        units: &["ns/receipt"],
        size: 200_000,
        quick: 20_000,
        ask: bursts,
        except: &[(Kind::Smol, 1), (Kind::Smol, 2)],
        goals: vec![Goal::tokio(1.0)],
        ..PLAIN
    }]
}

macro_rules! through {
    ($name:ident, $peer:ident, $receipts:ident) => {{
        use crate::runtimes::$name as rt;
        let bursts = $receipts / RECEIVERS / BURST;
        timed(bursts * RECEIVERS * BURST, || {
            rt::run($peer, async move {
                let (sender, receiver) = ::$name::sync::broadcast::channel(2 * BURST);
                let (done, mut all_done) = rt::channel(RECEIVERS);
                for _ in 0..RECEIVERS {
                    let (mut receiver, done) = (receiver.resubscribe(), done.clone());
                    rt::spawn(async move {
                        for _ in 0..bursts {
                            for number in 0..BURST {
                                assert_eq!(receiver.recv().await, Ok(number));
                            }
                            rt::send(&done, ()).await;
                        }
                    })
                    .detach();
                }
                drop(receiver);
                for _ in 0..bursts {
                    for number in 0..BURST {
                        assert!(sender.send(number).is_ok(), "they receive");
                    }
                    for _ in 0..RECEIVERS {
                        assert!(rt::receive(&mut all_done).await.is_some());
                    }
                }
            });
        })
    }};
}

fn bursts(peer: &Peer, receipts: usize) -> Vec<f64> {
    match peer.kind {
        Kind::Wakeful => through!(wakeful, peer, receipts),
        Kind::Tokio => through!(tokio, peer, receipts),
        Kind::Smol => unreachable!("it has no such channel"),
    }
}
