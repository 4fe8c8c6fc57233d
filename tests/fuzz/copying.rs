//! `copy`, `copy_buf`, `copy_bidirectional`: each byte arrives once, in its order, and is counted.

use proptest::prelude::*;
use wakeful::io::{
    AsyncReadExt, AsyncWriteExt, BufReader, copy, copy_bidirectional,
    copy_bidirectional_with_sizes, copy_buf, duplex,
};

use crate::socket::{Socket, Step, bytes, steps};
use crate::{config, run, run_for};

const REGRESSIONS: &str = "proptest-regressions/fuzz/copying.txt";

/// What the peer of one end does.
#[derive(Clone, Debug)]
struct Peer {
    sends: Vec<u8>,
    reads: Vec<Step>,
    writes: Vec<Step>,
    flushes: Vec<Step>,
}

impl Peer {
    fn socket(&self) -> Socket {
        Socket::new(&self.sends, &self.reads, &self.writes, &self.flushes)
    }
}

/// Now and then one that fails.
fn peer() -> impl Strategy<Value = Peer> {
    let fails = prop_oneof![3 => Just(0), 1 => Just(1)];
    fails.prop_flat_map(|fails| {
        (
            bytes(),
            steps(3, fails),
            steps(3, fails),
            prop::collection::vec(ends(fails), 0..8),
        )
            .prop_map(|(sends, reads, writes, flushes)| Peer {
                sends,
                reads,
                writes,
                flushes,
            })
    })
}

/// A step of a flush or a shutdown.
fn ends(fails: u32) -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Later),
        6 => Just(Step::Most(0)),
        fails => Just(Step::Fails(std::io::ErrorKind::TimedOut)),
    ]
}

/// Where a peer waits for what we send: for a part of it, or for our shutdown.
fn waits() -> impl Strategy<Value = Vec<(usize, Option<usize>)>> {
    prop::collection::vec((0_usize..20, prop::option::of(0_usize..120)), 0..4)
}

fn insert_waits(peer: &mut Peer, waits: &[(usize, Option<usize>)], other: usize) {
    for (at, bytes) in waits {
        let step = match bytes {
            Some(bytes) => Step::Answer(bytes % (other + 1)),
            None => Step::AnswerAtEnd,
        };
        let at = at % (peer.reads.len() + 1);
        peer.reads.insert(at, step);
    }
}

/// One byte of `b`, at which `a` goes on; `b` waits until `a` has ended.
fn talk(a: &mut Peer, b: &mut Peer) {
    a.reads.insert(0, Step::Answer(1));
    b.reads.splice(0..0, [Step::Most(1), Step::AnswerAtEnd]);
}

/// All of `from` is in `to`, or, after an error, the beginning.
fn check_way(from: &Peer, to: &Socket) -> Result<(), TestCaseError> {
    if to.failure().is_some() {
        prop_assert!(from.sends.starts_with(&to.written));
    } else {
        prop_assert_eq!(&to.written, &from.sends);
        prop_assert_eq!(to.flushed, to.written.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn a_copy_is_exact(from in peer(), to in peer()) {
        let mut writer = to.socket();
        let mut reader = from.socket().with(&writer);
        let copied = run(copy(&mut reader, &mut writer)).map_err(|error| error.kind());
        prop_assert_eq!(copied.err(), writer.failure());
        prop_assert!(copied.is_err() || copied == Ok(from.sends.len() as u64));
        check_way(&from, &writer)?;
        prop_assert_eq!((reader.shutdowns, writer.shutdowns), (0, 0));
    }

    /// Also when it fails or is given up: what was not written is still in the reader.
    #[test]
    fn a_copy_of_a_buffer_loses_nothing(
        from in peer(), to in peer(), capacity in 1_usize..20, polls in 0_usize..60,
    ) {
        let mut writer = to.socket();
        let mut reader = BufReader::with_capacity(capacity, from.socket().with(&writer));
        let copied = run_for(polls, copy_buf(&mut reader, &mut writer));
        let held = [&writer.written, reader.buffer(), reader.get_ref().rest()].concat();
        prop_assert_eq!(&held, &from.sends);
        if let Some(copied) = copied {
            let copied = copied.map_err(|error| error.kind());
            prop_assert_eq!(copied.err(), writer.failure());
            prop_assert!(copied.is_err() || copied == Ok(from.sends.len() as u64));
            check_way(&from, &writer)?;
        } else if writer.failure().is_none() {
            reader.get_mut().saw_end = false;
            let more = run(copy_buf(&mut reader, &mut writer));
            prop_assert!(more.is_err() || writer.written == from.sends);
        }
        prop_assert_eq!(writer.shutdowns, 0);
    }

    /// The peer of `a` may answer only what it has got, or only at the end.
    #[test]
    fn a_copy_both_ways_is_exact(
        mut at_a in peer(), mut at_b in peer(), waits in waits(), swapped in any::<bool>(),
        sizes in (1_usize..20, 1_usize..20), is_talk in any::<bool>(),
    ) {
        if is_talk && !at_b.sends.is_empty() {
            talk(&mut at_a, &mut at_b);
        } else {
            insert_waits(&mut at_a, &waits, at_b.sends.len());
        }
        let mut a = at_a.socket();
        let mut b = at_b.socket().with(&a);
        let copied = if swapped {
            run(copy_bidirectional_with_sizes(&mut b, &mut a, sizes.0, sizes.1))
                .map(|(b_to_a, a_to_b)| (a_to_b, b_to_a))
        } else {
            run(copy_bidirectional_with_sizes(&mut a, &mut b, sizes.0, sizes.1))
        };
        check_way(&at_a, &b)?;
        check_way(&at_b, &a)?;
        match copied {
            Err(error) => {
                prop_assert_eq!(Some(error.kind()), a.failure());
                prop_assert!(a.shutdowns <= 1 && b.shutdowns <= 1);
            }
            Ok(copied) => {
                prop_assert_eq!(a.failure(), None);
                prop_assert_eq!(copied, (at_a.sends.len() as u64, at_b.sends.len() as u64));
                prop_assert_eq!((a.shutdowns, b.shutdowns), (1, 1));
                prop_assert!(a.saw_end && b.saw_end);
            }
        }
    }

    /// Two pipes of ours with a proxy between them.
    #[test]
    fn a_proxy_is_a_pipe(
        question in bytes(), answer in bytes(), pipes in (1_usize..20, 1_usize..20),
        pieces in (1_usize..30, 1_usize..30), waits in any::<bool>(),
    ) {
        let ((mut client, mut front), (mut back, mut server)) = (duplex(pipes.0), duplex(pipes.1));
        let (asked, answered) = (question.clone(), answer.clone());
        let (got, received, copied) = run(async {
            wakeful::join!(
                async {
                    let mut got = Vec::new();
                    for piece in asked.chunks(pieces.0) {
                        client.write_all(piece).await.unwrap();
                    }
                    client.shutdown().await.unwrap();
                    client.read_to_end(&mut got).await.unwrap();
                    got
                },
                async {
                    // One that answers before it has read all would fill both pipes.
                    let mut received = Vec::new();
                    if waits {
                        server.read_to_end(&mut received).await.unwrap();
                    } else {
                        let mut piece = vec![0; pieces.1];
                        while let count @ 1.. = server.read(&mut piece).await.unwrap() {
                            received.extend_from_slice(&piece[..count]);
                        }
                    }
                    server.write_all(&answered).await.unwrap();
                    server.shutdown().await.unwrap();
                    received
                },
                copy_bidirectional(&mut front, &mut back),
            )
        });
        prop_assert_eq!((&got, &received), (&answer, &question));
        prop_assert_eq!(copied.unwrap(), (question.len() as u64, answer.len() as u64));
    }
}
