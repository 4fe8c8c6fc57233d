//! What a runtime leaves behind: no descriptor, no thread, and sockets that say so (R24, R50).

use std::fs::read_dir;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use wakeful::net::{TcpListener, TcpStream, UdpSocket};
use wakeful::time::sleep;

use crate::flavors::{On, alone, foreign_block_on, panic_message};

#[cfg(target_os = "linux")]
fn entries(folder: &str) -> usize {
    read_dir(folder).unwrap().count()
}

/// Makes a runtime, uses all of it, and drops it.
#[cfg(target_os = "linux")]
fn use_up(on: On) {
    let runtime = on.runtime();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let waits = wakeful::spawn(async move {
            let _ = server.readable().await;
            client
        });
        sleep(Duration::from_millis(1)).await;
        wakeful::task::spawn_blocking(|| ()).await.unwrap();
        let _never = wakeful::spawn(std::future::pending::<()>());
        drop(waits);
    });
}

/// Whoever drops a runtime sees that all of its threads have ended.
#[test]
fn threads_have_ended_when_drop_returns() {
    for on in [On::CurrentThread, On::Workers(1), On::Workers(3)] {
        let alive = Arc::new(AtomicUsize::new(0));
        let (starts, stops) = (alive.clone(), alive.clone());
        let runtime = on
            .builder()
            .on_thread_start(move || {
                starts.fetch_add(1, SeqCst);
            })
            .on_thread_stop(move || {
                // SLEEP: whoever does not wait for this has returned meanwhile.
                std::thread::sleep(Duration::from_millis(20));
                stops.fetch_sub(1, SeqCst);
            })
            .build()
            .unwrap();
        // Not both kinds of thread at a time: waiting for one would be waiting for the other.
        if on == On::CurrentThread {
            let job = runtime.spawn_blocking(|| ());
            foreign_block_on(job).unwrap();
        }
        drop(runtime);
        assert_eq!(alive.load(SeqCst), 0, "{on:?}");
    }
}

/// R24. In a process of its own: others open files, too.
#[cfg(target_os = "linux")]
#[test]
fn descriptors_and_threads_stay_constant() {
    alone("resources::descriptors_and_threads_stay_constant", || {
        for on in [On::CurrentThread, On::Workers(1), On::Workers(3)] {
            use_up(on);
            let before = (entries("/proc/self/fd"), entries("/proc/self/task"));
            for _ in 0..200 {
                use_up(on);
            }
            let after = (entries("/proc/self/fd"), entries("/proc/self/task"));
            assert_eq!(before, after, "{on:?}: descriptors, threads");
        }
    });
}

each_runtime! {
    /// R50: sockets outlive their runtime, and then say that it is gone.
    fn sockets_of_a_dead_runtime_give_errors(on) {
        let runtime = on.runtime();
        let (listener, client, server, udp) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = TcpStream::connect(address).await.unwrap();
            let (server, _) = listener.accept().await.unwrap();
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            (listener, client, server, udp)
        });
        drop(runtime);
        let gone = |error: std::io::Error| {
            assert_eq!(error.kind(), ErrorKind::Other, "{error}");
            assert!(error.to_string().contains("runtime"), "{error}");
        };
        gone(foreign_block_on(listener.accept()).unwrap_err());
        gone(foreign_block_on(client.readable()).unwrap_err());
        gone(foreign_block_on(udp.recv(&mut [0; 8])).unwrap_err());
        drop((listener, client, server, udp));
    }

    /// A task of another runtime waits on a socket of this one when it ends.
    fn waits_on_a_socket_end_with_its_runtime(on) {
        let (outer, inner) = (on.runtime(), on.runtime());
        let listener = inner.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (starts, started) = std::sync::mpsc::channel();
        let waits = outer.spawn(async move {
            let mut accept = std::pin::pin!(listener.accept());
            std::future::poll_fn(|cx| {
                let polled = accept.as_mut().poll(cx);
                let _ = starts.send(());
                polled
            })
            .await
            .is_err()
        });
        let closer = std::thread::spawn(move || {
            crate::plug::arrives(&started, "the first poll");
            drop(inner);
        });
        assert!(outer.block_on(waits).unwrap());
        closer.join().unwrap();
    }

    /// A timer of a runtime that is gone cannot fire. It says so rather than wait for ever.
    fn timers_of_a_dead_runtime_panic(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        let inside = handle.enter();
        let timer = Box::pin(sleep(Duration::from_secs(3600)));
        drop(inside);
        drop(runtime);
        let message = panic_message(|| foreign_block_on(timer));
        assert_eq!(message, "the wakeful runtime of this timer is being shutdown, or gone");
        // What is made under the dead runtime's handle, too.
        let _entered = handle.enter();
        let message = panic_message(|| foreign_block_on(sleep(Duration::from_secs(3600))));
        assert_eq!(message, "the wakeful runtime of this timer is being shutdown, or gone");
        assert!(foreign_block_on(TcpListener::bind("127.0.0.1:0")).is_err());
    }
}
