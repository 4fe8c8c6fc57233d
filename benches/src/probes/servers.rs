//! Question: what does a small request cost a server, and how long does it take, with few
//! connections and with many? A request is 64 bytes that come back, or a page over HTTP/1.1 on
//! connections that are kept.
//!
//! Unit: requests a second; CPU microseconds of the server for each; microseconds until the answer;
//! system calls of the server for each. Server and client are two processes; the client
//! (`load.rs`) is the same for every server.
//!
//! What would mislead: two cores are shared by both, so a server that takes less CPU gives more to
//! the client. The floor is a loop over epoll without tasks. System calls are counted in a run of
//! their own, since counting slows each of them down.

use std::io::{self, BufRead, Read};
use std::net::SocketAddr;
use std::thread;

use mio::{Events, Interest, Poll, Token};

use super::memory::raise_descriptor_limit;
use super::protocol::{Conversation, Protocol};
use crate::questions::cpu_time;
use crate::runtimes::{Kind, Peer, on_each};

/// In the child: serves until its standard input ends, then prints the CPU time it took. `None` is
/// the floor.
///
/// # Errors
///
/// If the child cannot listen.
pub fn serve(
    protocol: Protocol,
    kind: Option<Kind>,
    threads: usize,
    connections: usize,
) -> io::Result<()> {
    raise_descriptor_limit(connections as u64 + 100)?;
    thread::spawn(|| {
        // A line from the parent: the load begins. The end: it is over.
        let mut lines = io::stdin().lock();
        let mut line = String::new();
        let _ = lines.read_line(&mut line);
        let before = cpu_time();
        let _ = lines.read_to_string(&mut line);
        println!("cpu_s {}", (cpu_time() - before).as_secs_f64());
        std::process::exit(0);
    });
    match kind {
        Some(kind) => serve_tasks(&Peer::start(kind, threads), protocol),
        None => serve_bare(protocol),
    }
}

on_each! {
    fn serve_tasks(rt, peer, protocol: Protocol) -> io::Result<()> {
        rt::run(peer, async move {
            let listener = rt::net::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
            println!("port {}", rt::net::port(&listener)?);
            loop {
                let (mut stream, _) = listener.accept().await?;
                let talk = async move {
                    let mut talk = Conversation::new(protocol);
                    while let Ok(read @ 1..) = rt::net::read(&mut stream, talk.room()).await {
                        let close = talk.read(read);
                        let sent = rt::net::write_all(&mut stream, talk.output()).await;
                        if close || sent.is_err() {
                            return;
                        }
                    }
                };
                rt::spawn(talk).detach();
            }
        })
    }
}

/// A loop over epoll: no tasks, no wakers, no timers.
fn serve_bare(protocol: Protocol) -> io::Result<()> {
    const LISTENER: Token = Token(usize::MAX);
    let mut poll = Poll::new()?;
    let mut listener = mio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("port {}", listener.local_addr()?.port());
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut talks: Vec<Option<(mio::net::TcpStream, Conversation)>> = Vec::new();
    let mut events = Events::with_capacity(256);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    registry.register(&mut stream, Token(talks.len()), Interest::READABLE)?;
                    talks.push(Some((stream, Conversation::new(protocol))));
                }
                continue;
            }
            let slot = &mut talks[event.token().0];
            while let Some((stream, talk)) = slot {
                let room = talk.room();
                let size = room.len();
                match stream.read(room) {
                    Ok(0) => *slot = None,
                    Ok(read) => {
                        let close = talk.read(read);
                        // What does not fit the socket's buffer would be more than a request.
                        talk.send(stream)?;
                        if close {
                            *slot = None;
                        } else if read < size {
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => *slot = None,
                }
            }
        }
    }
}
