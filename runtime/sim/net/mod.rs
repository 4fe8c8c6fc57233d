//! A network inside of a simulation: connections with delays, partial reads and writes, and resets.
//!
//! [`Listener`] and [`Stream`] stand for TCP's. An address is any `SocketAddr`; it is known within
//! one simulation only. What the seed decides:
//!
//! - how long each write, each connection and each end takes to arrive, up to
//!   [`Builder::net_delay`](super::Builder::net_delay);
//! - that a read or write moves only some of the bytes that it could;
//! - whether an operation finds the connection reset, if
//!   [`Builder::net_resets`](super::Builder::net_resets) allows that.
//!
//! Bytes of one direction arrive in order. A writer waits while 4096 bytes are on their way.
//!
//! Absent: packets that are lost or doubled, names, options of sockets.

#[cfg(feature = "futures-io")]
mod compat;
mod link;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::chance;
use crate::io::{AsyncRead, AsyncWrite, ReadBuf};
use crate::leaf::Site;
use crate::primitives::Mutex;
use crate::sync::Notify;
use crate::time::sleep;
use link::{Clock, Link, some_delay};

/// The first port that is given to whoever asks for port 0, and to clients.
const FIRST_PORT: u16 = 49_152;

/// How a network behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    pub(super) delay: Duration,
    pub(super) resets: usize,
}

/// The network of one simulation.
struct Network {
    weather: Weather,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listeners: BTreeMap<SocketAddr, Arc<Backlog>>,
    ports: u16,
}

#[derive(Default)]
struct Backlog {
    streams: Mutex<VecDeque<Stream>>,
    arrived: Notify,
}

thread_local! {
    static NETWORK: RefCell<Option<Arc<Network>>> = const { RefCell::new(None) };
}

/// This thread's simulation has a network, until the guard drops.
pub(super) struct Connected(());

impl Connected {
    pub(super) fn begin(weather: Weather) -> Self {
        let state = Mutex::new(State::default());
        NETWORK.set(Some(Arc::new(Network { weather, state })));
        Self(())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        drop(NETWORK.take());
    }
}

#[track_caller]
fn network() -> Arc<Network> {
    let network = NETWORK.with_borrow(Clone::clone);
    network.expect("`sim::net` is for the inside of a simulation: see `sim::run`")
}

impl State {
    fn next_port(&mut self) -> u16 {
        let port = FIRST_PORT + self.ports;
        self.ports = (self.ports + 1) % (u16::MAX - FIRST_PORT);
        port
    }
}

/// Accepts connections at an address of the simulation.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::sim::{self, net::{Listener, Stream}};
///
/// sim::explore(0..20, || async {
///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
///     wakeful::spawn(async move {
///         let (mut stream, _) = listener.accept().await.unwrap();
///         stream.write_all(b"hello").await.unwrap();
///     });
///     let mut stream = Stream::connect("10.0.0.1:80".parse().unwrap()).await.unwrap();
///     let mut text = String::new();
///     stream.read_to_string(&mut text).await.unwrap();
///     assert_eq!(text, "hello");
/// });
/// ```
pub struct Listener {
    addr: SocketAddr,
    network: Arc<Network>,
    backlog: Arc<Backlog>,
}

impl Listener {
    /// Listens at `addr`. Port 0 stands for one that is free.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is a listener at that address.
    ///
    /// # Panics
    ///
    /// Outside of a simulation.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::net::Listener;
    ///
    /// wakeful::sim::run(1, async {
    ///     let listener = Listener::bind("10.0.0.1:0".parse().unwrap()).unwrap();
    ///     assert!(Listener::bind(listener.local_addr()).is_err());
    /// });
    /// ```
    #[track_caller]
    pub fn bind(mut addr: SocketAddr) -> io::Result<Self> {
        let network = network();
        let backlog = Arc::<Backlog>::default();
        {
            let mut state = network.state.lock();
            if addr.port() == 0 {
                addr.set_port(state.next_port());
            }
            if state.listeners.contains_key(&addr) {
                return Err(ErrorKind::AddrInUse.into());
            }
            state.listeners.insert(addr, Arc::clone(&backlog));
        }
        Ok(Self {
            addr,
            network,
            backlog,
        })
    }

    /// The next connection, and where it comes from.
    ///
    /// # Errors
    ///
    /// None so far.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::net::{Listener, Stream};
    ///
    /// wakeful::sim::run(1, async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let near = Stream::connect(listener.local_addr()).await.unwrap();
    ///     let (_far, from) = listener.accept().await.unwrap();
    ///     assert_eq!(from, near.local_addr());
    /// });
    /// ```
    pub async fn accept(&self) -> io::Result<(Stream, SocketAddr)> {
        loop {
            let stream = self.backlog.streams.lock().pop_front();
            if let Some(stream) = stream {
                let from = stream.peer;
                return Ok((stream, from));
            }
            self.backlog.arrived.notified().await;
        }
    }

    /// The address it listens at.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::net::Listener;
    ///
    /// wakeful::sim::run(1, async {
    ///     let any_port = "10.0.0.1:0".parse().unwrap();
    ///     let listener = Listener::bind(any_port).unwrap();
    ///     assert_ne!(listener.local_addr().port(), 0);
    /// });
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let known = self.network.state.lock().listeners.remove(&self.addr);
        drop(known);
        // Whoever was not accepted is told so.
        let left = std::mem::take(&mut *self.backlog.streams.lock());
        left.iter().for_each(Stream::reset);
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

/// One end of a connection in the simulation.
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::sim::net::{Listener, Stream};
///
/// wakeful::sim::run(1, async {
///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
///     let mut near = Stream::connect(listener.local_addr()).await.unwrap();
///     let (mut far, _) = listener.accept().await.unwrap();
///     near.write_all(b"hello").await.unwrap();
///     drop(near);
///     let mut text = String::new();
///     far.read_to_string(&mut text).await.unwrap();
///     assert_eq!(text, "hello");
/// });
/// ```
#[derive(Debug)]
pub struct Stream {
    incoming: Arc<Link>,
    outgoing: Arc<Link>,
    local: SocketAddr,
    peer: SocketAddr,
    weather: Weather,
    clock: Clock,
    site: Site,
}

impl Stream {
    /// Connects to the listener at `addr`.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` if there is none.
    ///
    /// # Panics
    ///
    /// Outside of a simulation.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done leaves no connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind::ConnectionRefused;
    /// use wakeful::sim::net::Stream;
    ///
    /// wakeful::sim::run(1, async {
    ///     let refused = Stream::connect("10.0.0.1:80".parse().unwrap()).await;
    ///     assert_eq!(refused.unwrap_err().kind(), ConnectionRefused);
    /// });
    /// ```
    #[track_caller]
    pub fn connect(addr: SocketAddr) -> impl Future<Output = io::Result<Self>> + Send + use<> {
        let network = network();
        let site = Site::here();
        let takes = sleep(some_delay(network.weather.delay));
        async move {
            takes.await;
            network.connect(addr, site)
        }
    }

    /// The address of this end.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::net::{Listener, Stream};
    ///
    /// wakeful::sim::run(1, async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let near = Stream::connect(listener.local_addr()).await.unwrap();
    ///     let (far, from) = listener.accept().await.unwrap();
    ///     assert_eq!((near.local_addr(), near.peer_addr()), (from, far.local_addr()));
    /// });
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The address of the other end.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::sim::net::{Listener, Stream};
    ///
    /// wakeful::sim::run(1, async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let near = Stream::connect(listener.local_addr()).await.unwrap();
    ///     assert_eq!(near.peer_addr(), listener.local_addr());
    /// });
    /// ```
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// Breaks the connection, both ways: what is on its way is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind::ConnectionReset;
    /// use wakeful::io::AsyncReadExt;
    /// use wakeful::sim::net::{Listener, Stream};
    ///
    /// wakeful::sim::run(1, async {
    ///     let listener = Listener::bind("10.0.0.1:80".parse().unwrap()).unwrap();
    ///     let near = Stream::connect(listener.local_addr()).await.unwrap();
    ///     let (mut far, _) = listener.accept().await.unwrap();
    ///     near.reset();
    ///     assert_eq!(far.read_u8().await.unwrap_err().kind(), ConnectionReset);
    /// });
    /// ```
    pub fn reset(&self) {
        self.incoming.reset();
        self.outgoing.reset();
    }

    /// Now and then, before an operation.
    fn maybe_reset(&self) {
        if chance::one_in(self.weather.resets) {
            self.reset();
        }
    }
}

impl Network {
    fn connect(&self, addr: SocketAddr, site: Site) -> io::Result<Stream> {
        let mut state = self.state.lock();
        let Some(backlog) = state.listeners.get(&addr).map(Arc::clone) else {
            return Err(ErrorKind::ConnectionRefused.into());
        };
        let local = SocketAddr::new(addr.ip(), state.next_port());
        drop(state);
        let (there, back) = (Arc::new(Link::new()), Arc::new(Link::new()));
        let end = |incoming: &Arc<Link>, outgoing: &Arc<Link>, local, peer| Stream {
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            local,
            peer,
            weather: self.weather,
            clock: None,
            site,
        };
        let accepted = end(&there, &back, addr, local);
        backlog.streams.lock().push_back(accepted);
        backlog.arrived.notify_one();
        Ok(end(&back, &there, local, addr))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.maybe_reset();
        this.incoming.poll_read(cx, buf, &mut this.clock, this.site)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.maybe_reset();
        self.outgoing
            .poll_write(cx, bufs, self.weather.delay, self.site)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.end(self.weather.delay);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.outgoing.end(self.weather.delay);
        self.incoming.deafen();
    }
}
