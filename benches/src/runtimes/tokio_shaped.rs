//! A runtime with tokio's names under the common names: tokio itself, and ours.
//!
//! One text for both, so that the two programs that are compared differ in nothing but the crate.

/// Makes the module of the crate `$name`, whose runtimes are `Up::$up`.
macro_rules! tokio_shaped {
    ($(#[$attribute:meta])* $name:ident, $up:ident) => {
        $(#[$attribute])*
        pub mod $name {
            use std::future::Future;
            use std::pin::Pin;
            use std::task::{Context, Poll};
            use std::time::Duration;

            use ::$name::runtime::{Builder, Runtime};
            use ::$name::sync;
            pub use ::$name::sync::Mutex;
            pub use ::$name::task::yield_now;
            pub use ::$name::time::sleep;

            use super::{Peer, Up};

            pub(super) fn start(threads: usize) -> Runtime {
                let mut builder = match threads {
                    1 => Builder::new_current_thread(),
                    _ => Builder::new_multi_thread(),
                };
                if threads > 1 {
                    builder.worker_threads(threads);
                }
                builder.enable_all().build().expect("the runtime starts")
            }

            /// Runs a main future.
            pub fn run<F: Future>(peer: &Peer, future: F) -> F::Output {
                match &peer.up {
                    Up::$up(runtime) => runtime.block_on(future),
                    _ => unreachable!("the peer is of this kind"),
                }
            }

            /// What spawns onto the peer's runtime from a thread that is not in it.
            pub fn spawner(peer: &Peer) -> ::$name::runtime::Handle {
                match &peer.up {
                    Up::$up(runtime) => runtime.handle().clone(),
                    _ => unreachable!("the peer is of this kind"),
                }
            }

            /// A task whose output comes bare.
            pub struct Task<T>(::$name::task::JoinHandle<T>);

            impl<T> Task<T> {
                /// Lets it run on by itself.
                pub fn detach(self) {}
            }

            impl<T> Future for Task<T> {
                type Output = T;

                #[inline]
                fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                    Pin::new(&mut self.0)
                        .poll(cx)
                        .map(|output| output.expect("no task panics"))
                }
            }

            /// Starts a task.
            #[inline]
            pub fn spawn<F>(future: F) -> Task<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                Task(::$name::spawn(future))
            }

            /// Starts a task from a thread outside of the runtime.
            pub fn spawn_on<F>(spawner: &::$name::runtime::Handle, future: F) -> Task<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                Task(spawner.spawn(future))
            }

            /// False if the time ran out.
            pub async fn timeout<F: Future>(limit: Duration, future: F) -> bool {
                ::$name::time::timeout(limit, future).await.is_ok()
            }

            /// A channel for one message.
            pub fn oneshot<T>() -> (sync::oneshot::Sender<T>, sync::oneshot::Receiver<T>) {
                sync::oneshot::channel()
            }

            /// Sends the one message.
            #[inline]
            pub fn tell<T>(sender: sync::oneshot::Sender<T>, value: T) {
                let _ = sender.send(value);
            }

            /// Receives the one message.
            #[inline]
            pub async fn hear<T>(receiver: sync::oneshot::Receiver<T>) -> T {
                match receiver.await {
                    Ok(value) => value,
                    Err(_) => panic!("the sender is there"),
                }
            }

            /// A bounded channel.
            pub fn channel<T>(capacity: usize) -> (sync::mpsc::Sender<T>, sync::mpsc::Receiver<T>) {
                sync::mpsc::channel(capacity)
            }

            /// Sends into a bounded channel.
            #[inline]
            pub async fn send<T>(sender: &sync::mpsc::Sender<T>, value: T) {
                if sender.send(value).await.is_err() {
                    panic!("the receiver is there");
                }
            }

            /// Receives from a bounded channel.
            #[inline]
            pub async fn receive<T>(receiver: &mut sync::mpsc::Receiver<T>) -> Option<T> {
                receiver.recv().await
            }

            /// An unbounded channel.
            pub fn unbounded<T>() -> (
                sync::mpsc::UnboundedSender<T>,
                sync::mpsc::UnboundedReceiver<T>,
            ) {
                sync::mpsc::unbounded_channel()
            }

            /// Sends into an unbounded channel.
            #[inline]
            pub fn post<T>(sender: &sync::mpsc::UnboundedSender<T>, value: T) {
                if sender.send(value).is_err() {
                    panic!("the receiver is there");
                }
            }

            /// The same, if somebody may receive it.
            ///
            /// # Errors
            ///
            /// If nobody will.
            #[inline]
            pub fn post_if_open<T>(
                sender: &sync::mpsc::UnboundedSender<T>,
                value: T,
            ) -> Result<(), T> {
                sender.send(value).map_err(|refused| refused.0)
            }

            /// Receives from an unbounded channel.
            #[inline]
            pub async fn fetch<T>(receiver: &mut sync::mpsc::UnboundedReceiver<T>) -> Option<T> {
                receiver.recv().await
            }

            /// Sockets.
            pub mod net {
                use std::io;
                use std::net::SocketAddr;

                use ::$name::io::{AsyncReadExt, AsyncWriteExt};
                pub use ::$name::net::{TcpListener, TcpStream};

                /// Listens on an address of the loopback.
                pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
                    TcpListener::bind(address).await
                }

                /// The port of a listener.
                pub fn port(listener: &TcpListener) -> io::Result<u16> {
                    Ok(listener.local_addr()?.port())
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
        }
    };
}
