//! The network of a simulation.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use wakeful::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use wakeful::sim::net::{Listener, Stream};
use wakeful::sim::{self, Builder};
use wakeful::task::JoinSet;
use wakeful::time::Instant;

fn addr() -> SocketAddr {
    "10.0.0.1:80".parse().unwrap()
}

/// Both ends of a connection.
async fn connected() -> (Stream, Stream) {
    let listener = Listener::bind(addr()).unwrap();
    let near = Stream::connect(addr()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    (near, far)
}

#[test]
fn echoes_come_back_whole() {
    sim::explore(0..100, || async {
        let listener = Listener::bind(addr()).unwrap();
        wakeful::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                wakeful::spawn(async move {
                    let (mut read, mut write) = split(stream);
                    copy(&mut read, &mut write).await.unwrap();
                    write.shutdown().await.unwrap();
                });
            }
        });
        let mut clients = JoinSet::new();
        for client in 0..4_u8 {
            clients.spawn(async move {
                let stream = Stream::connect(addr()).await.unwrap();
                let (mut read, mut write) = split(stream);
                // More than may be on its way at a time.
                let sent: Vec<u8> = (0..6000_u32).map(|at| at as u8 ^ client).collect();
                let expected = sent.clone();
                let writes = wakeful::spawn(async move {
                    write.write_all(&sent).await.unwrap();
                    write.shutdown().await.unwrap();
                });
                let mut received = Vec::new();
                read.read_to_end(&mut received).await.unwrap();
                assert!(received == expected);
                writes.await.unwrap();
            });
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
    });
}

/// Sizes of the reads of one message, and when they came.
fn reads(seed: u64) -> Vec<(usize, Duration)> {
    sim::run(seed, async {
        let begun = Instant::now();
        let (mut near, mut far) = connected().await;
        near.write_all(&[7; 50]).await.unwrap();
        drop(near);
        let mut reads = Vec::new();
        let mut buf = [0; 64];
        loop {
            let count = far.read(&mut buf).await.unwrap();
            reads.push((count, begun.elapsed()));
            if count == 0 {
                return reads;
            }
        }
    })
}

#[test]
fn the_seed_decides_sizes_and_delays() {
    for seed in 0..20 {
        assert_eq!(reads(seed), reads(seed));
    }
    let all: HashSet<_> = (0..100).map(reads).collect();
    assert!(all.len() > 60, "{}", all.len());
    assert!(
        all.iter()
            .all(|reads| reads.iter().map(|read| read.0).sum::<usize>() == 50)
    );
    assert!(all.iter().any(|reads| reads.len() == 2), "some come whole");
    assert!(all.iter().any(|reads| reads.len() > 2), "some do not");
    // The connection, the bytes and the end: 10 ms at most, each.
    assert!(
        all.iter()
            .flatten()
            .all(|read| read.1 <= Duration::from_millis(520))
    );
    assert!(
        all.iter()
            .flatten()
            .any(|read| read.1 > Duration::from_millis(10))
    );
}

#[test]
fn a_writer_waits_for_its_reader() {
    sim::explore(0..50, || async {
        let (mut near, mut far) = connected().await;
        let writes = wakeful::spawn(async move { near.write_all(&[1; 5000]).await });
        wakeful::time::sleep(Duration::from_secs(1)).await;
        assert!(!writes.is_finished());
        let mut received = Vec::new();
        far.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), 5000);
        writes.await.unwrap().unwrap();
    });
}

#[test]
fn who_is_gone_is_noticed() {
    sim::explore(0..50, || async {
        let refused = Stream::connect(addr()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let (mut near, far) = connected().await;
        drop(far);
        let broken = near.write_all(b"to nobody").await.unwrap_err();
        assert_eq!(broken.kind(), ErrorKind::BrokenPipe);
        assert_eq!(near.read(&mut [0; 8]).await.unwrap(), 0);
        near.shutdown().await.unwrap();
        // A reader that waits is told of a reset.
        let (near, mut far) = connected().await;
        let waits = wakeful::spawn(async move { far.read_u8().await });
        wakeful::task::yield_now().await;
        near.reset();
        assert_eq!(
            waits.await.unwrap().unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
        // And so is who was never accepted.
        let listener = Listener::bind(addr()).unwrap();
        let mut near = Stream::connect(addr()).await.unwrap();
        drop(listener);
        assert_eq!(
            near.read_u8().await.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
    });
}

#[test]
fn some_connections_are_reset() {
    let survive = |resets: usize| {
        let survived = |seed: &u64| {
            Builder::new(*seed).net_resets(resets).run(|| async {
                let (mut near, mut far) = connected().await;
                let sent = near.write_all(b"perhaps").await;
                drop(near);
                let mut text = String::new();
                let received = far.read_to_string(&mut text).await;
                sent.is_ok() && received.is_ok() && text == "perhaps"
            })
        };
        (0..100).filter(survived).count()
    };
    assert_eq!(survive(0), 100);
    assert_eq!(survive(1), 0);
    let some = survive(10);
    assert!(some > 10 && some < 95, "{some}");
}

#[test]
fn each_simulation_has_a_network_of_its_own() {
    let kept = Rc::new(RefCell::new(None));
    let keeps = Rc::clone(&kept);
    sim::run(1, async move {
        *keeps.borrow_mut() = Some(Listener::bind(addr()).unwrap());
    });
    sim::run(2, async {
        assert!(Stream::connect(addr()).await.is_err());
        assert!(Listener::bind(addr()).is_ok());
        let any: SocketAddr = "10.0.0.2:0".parse().unwrap();
        let listeners = [any; 3].map(|any| Listener::bind(any).unwrap().local_addr());
        assert_eq!(HashSet::from(listeners).len(), 3);
    });
    drop(kept);
    let outside = std::panic::catch_unwind(|| Listener::bind(addr()));
    assert!(outside.is_err());
}
