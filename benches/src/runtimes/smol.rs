//! smol's crates under the common names: async-executor, async-lock, async-channel, async-io.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_executor::{Executor, LocalExecutor};
pub use async_lock::Mutex;
use futures_lite::future;
pub use futures_lite::future::yield_now;

use super::{Peer, Up};

/// An executor, and which of the two kinds it is.
pub(crate) enum Runtime {
    Local(LocalExecutor<'static>),
    Parallel(Arc<Executor<'static>>),
}

#[derive(Clone)]
enum Here {
    Local(*const LocalExecutor<'static>),
    Parallel(Arc<Executor<'static>>),
}

thread_local! {
    /// The executor that this thread runs: smol's own `spawn` has one for the process.
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
}

/// The caller's thread is one of the workers, as a program that uses smol would have it.
pub(super) fn start(threads: usize) -> Runtime {
    if threads == 1 {
        return Runtime::Local(LocalExecutor::new());
    }
    let executor = Arc::new(Executor::new());
    for _ in 1..threads {
        let executor: Arc<Executor<'static>> = Arc::clone(&executor);
        thread::spawn(move || {
            HERE.set(Some(Here::Parallel(Arc::clone(&executor))));
            async_io::block_on(executor.run(future::pending::<()>()));
        });
    }
    Runtime::Parallel(executor)
}

/// Runs a main future.
pub fn run<F: Future>(peer: &Peer, future: F) -> F::Output {
    match &peer.up {
        Up::Smol(Runtime::Local(executor)) => {
            HERE.set(Some(Here::Local(executor)));
            let output = async_io::block_on(executor.run(future));
            HERE.set(None);
            output
        }
        Up::Smol(Runtime::Parallel(executor)) => {
            HERE.set(Some(Here::Parallel(Arc::clone(executor))));
            let output = async_io::block_on(executor.run(future));
            HERE.set(None);
            output
        }
        _ => unreachable!("the peer is of this kind"),
    }
}

/// A task. Awaited, it gives its output.
pub type Task<T> = async_executor::Task<T>;

/// Starts a task.
#[inline]
pub fn spawn<F>(future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    HERE.with_borrow(|here| match here {
        Some(Here::Parallel(executor)) => executor.spawn(future),
        Some(Here::Local(executor)) => {
            #[expect(
                unsafe_code,
                reason = "an executor that cannot be shared, in a thread-local"
            )]
            // SAFETY: set by `run`, which borrows the executor until it takes the pointer out.
            let executor = unsafe { &**executor };
            executor.spawn(future)
        }
        None => panic!("spawned outside of `run`"),
    })
}

/// What spawns onto the peer's executor from a thread that is not in it.
pub fn spawner(peer: &Peer) -> Arc<Executor<'static>> {
    match &peer.up {
        Up::Smol(Runtime::Parallel(executor)) => Arc::clone(executor),
        _ => panic!("nobody spawns onto a local executor from outside"),
    }
}

/// Starts a task from a thread outside of the executor.
pub fn spawn_on<F>(spawner: &Arc<Executor<'static>>, future: F) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawner.spawn(future)
}

/// Waits.
pub async fn sleep(duration: Duration) {
    async_io::Timer::after(duration).await;
}

/// False if the time ran out.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> bool {
    future::or(async { Some(future.await) }, async {
        sleep(limit).await;
        None
    })
    .await
    .is_some()
}

/// A channel for one message: smol has none of its own, so it is its channel of capacity one.
pub fn oneshot<T>() -> (async_channel::Sender<T>, async_channel::Receiver<T>) {
    async_channel::bounded(1)
}

/// Sends the one message.
#[inline]
pub fn tell<T>(sender: async_channel::Sender<T>, value: T) {
    let _ = sender.try_send(value);
}

/// Receives the one message.
#[inline]
pub async fn hear<T>(receiver: async_channel::Receiver<T>) -> T {
    receiver.recv().await.expect("the sender is there")
}

/// A bounded channel.
pub fn channel<T>(capacity: usize) -> (async_channel::Sender<T>, async_channel::Receiver<T>) {
    async_channel::bounded(capacity)
}

/// Sends into a bounded channel.
#[inline]
pub async fn send<T>(sender: &async_channel::Sender<T>, value: T) {
    if sender.send(value).await.is_err() {
        panic!("the receiver is there");
    }
}

/// Receives from a bounded channel.
#[inline]
pub async fn receive<T>(receiver: &mut async_channel::Receiver<T>) -> Option<T> {
    receiver.recv().await.ok()
}

/// An unbounded channel.
pub fn unbounded<T>() -> (async_channel::Sender<T>, async_channel::Receiver<T>) {
    async_channel::unbounded()
}

/// Sends into an unbounded channel.
#[inline]
pub fn post<T>(sender: &async_channel::Sender<T>, value: T) {
    if sender.try_send(value).is_err() {
        panic!("the receiver is there");
    }
}

/// The same, if somebody may receive it.
///
/// # Errors
///
/// If nobody will.
#[inline]
pub fn post_if_open<T>(sender: &async_channel::Sender<T>, value: T) -> Result<(), T> {
    sender
        .try_send(value)
        .map_err(|refused| refused.into_inner())
}

/// Receives from an unbounded channel.
#[inline]
pub async fn fetch<T>(receiver: &mut async_channel::Receiver<T>) -> Option<T> {
    receiver.recv().await.ok()
}

/// Sockets.
pub mod net {
    use std::io;
    use std::net::SocketAddr;

    use async_io::Async;
    use futures_lite::{AsyncReadExt, AsyncWriteExt};

    /// A socket in smol's reactor.
    pub type TcpListener = Async<std::net::TcpListener>;
    /// A socket in smol's reactor.
    pub type TcpStream = Async<std::net::TcpStream>;

    /// Listens on an address of the loopback.
    pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
        TcpListener::bind(address)
    }

    /// The port of a listener.
    pub fn port(listener: &TcpListener) -> io::Result<u16> {
        Ok(listener.get_ref().local_addr()?.port())
    }

    /// Connects.
    pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    /// One read.
    #[inline]
    pub async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    /// All of it.
    #[inline]
    pub async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }
}
