//! Question: how much memory does a task take that waits for ever, that sleeps, that has a
//! connection?
//!
//! Unit: bytes of resident memory for each, the join handle (8 bytes) in its vector included.
//!
//! What would mislead: a process that has freed memory before; each figure has its own process. And
//! tasks that have not been polled: one more is awaited, which is polled after all of them. And the
//! pages of code that the first of its kind touches: one goes before.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::resident;
use crate::runtimes::{Kind, Peer, on_each};

on_each! {
    fn idle_tasks(rt, peer, tasks) -> f64 {
        rt::run(peer, async move {
            let mut handles = Vec::with_capacity(tasks);
            rt::spawn(async {}).await;
            let before = resident();
            handles.extend((0..tasks).map(|_| rt::spawn(future::pending::<()>())));
            rt::spawn(async {}).await;
            let after = resident();
            std::mem::forget(handles);
            (after - before) as f64 / tasks as f64
        })
    }
}

on_each! {
    fn sleeping_tasks(rt, peer, tasks) -> f64 {
        rt::run(peer, async move {
            let mut handles = Vec::with_capacity(tasks);
            rt::spawn(rt::sleep(Duration::from_millis(1))).await;
            let before = resident();
            handles.extend((0..tasks).map(|index| {
                rt::spawn(rt::sleep(Duration::from_secs(3600 + index as u64 % 60)))
            }));
            rt::spawn(async {}).await;
            let after = resident();
            std::mem::forget(handles);
            (after - before) as f64 / tasks as f64
        })
    }
}

on_each! {
    fn idle_connections(rt, peer, connections) -> f64 {
        rt::run(peer, async move {
            let address = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = std::net::TcpListener::bind(address).expect("the loopback is there");
            let address = listener.local_addr().expect("it is bound");
            // The other ends are the kernel's alone: no runtime has them.
            let mut others = Vec::with_capacity(connections + 1);
            let mut handles = Vec::with_capacity(connections + 1);
            let mut before = 0;
            for index in 0..=connections {
                // The first brings the code, the thread's caches and the tables along.
                if index == 1 {
                    rt::spawn(async {}).await;
                    before = resident();
                }
                let mut stream = rt::net::connect(address).await.expect("it listens");
                others.push(listener.accept().expect("somebody connects"));
                handles.push(rt::spawn(async move {
                    let mut buffer = [0; 64];
                    let _ = rt::net::read(&mut stream, &mut buffer).await;
                }));
            }
            rt::spawn(async {}).await;
            let after = resident();
            std::mem::forget(handles);
            (after - before) as f64 / connections as f64
        })
    }
}

pub(super) fn pending(kind: Kind, tasks: usize) {
    println!("bytes each {}", idle_tasks(&Peer::start(kind, 1), tasks));
    std::process::exit(0);
}

pub(super) fn sleeping(kind: Kind, tasks: usize) {
    println!(
        "bytes each {}",
        sleeping_tasks(&Peer::start(kind, 1), tasks)
    );
    std::process::exit(0);
}

pub(super) fn connections(kind: Kind, connections: usize) -> io::Result<()> {
    raise_descriptor_limit(2 * connections as u64 + 100)?;
    println!(
        "bytes each {}",
        idle_connections(&Peer::start(kind, 1), connections)
    );
    std::process::exit(0);
}

/// As many descriptors as asked for.
///
/// # Errors
///
/// If the hard limit is lower.
pub(crate) fn raise_descriptor_limit(wanted: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    #[expect(unsafe_code, reason = "std has no call for limits")]
    // SAFETY: the pointer is to an `rlimit` of ours.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    limit.rlim_cur = limit.rlim_cur.max(wanted.min(limit.rlim_max));
    #[expect(unsafe_code, reason = "std has no call for limits")]
    // SAFETY: as above, and only read.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
