//! `TcpListener`: waits for connections.

use std::future::Future;
use std::io;
use std::net::{self, SocketAddr};
#[cfg(unix)]
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket};
use std::task::{Context, Poll};

use crate::engine::reactor::{Direction, Registered};
use crate::io::{Interest, Ready};
use crate::leaf::Site;
use crate::net::addr::{self, ToSocketAddrs};
use crate::net::{TcpStream, first_of};

/// A TCP socket that listens for connections.
///
/// Any number of tasks may [`accept`](Self::accept) from one listener.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let server = wakeful::spawn(async move {
///     let (mut stream, peer) = listener.accept().await?; // in a loop, in most programs
///     println!("{peer} is here");
///     stream.write_all(b"hello").await
/// });
/// let mut text = String::new();
/// client.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// server.await?
/// # }
/// ```
pub struct TcpListener {
    io: Registered<mio::net::TcpListener>,
}

impl TcpListener {
    std_methods!(
        net::TcpListener,
        mio::net::TcpListener,
        "TcpListener",
        "let std = std::net::TcpListener::bind(\"127.0.0.1:0\")?;"
    );

    /// Listens on the first address of `addr` that can be bound. Port 0 takes a free one.
    ///
    /// On Unix `SO_REUSEADDR` is set, so that a server can restart at once. For other options
    /// see [`TcpSocket`](crate::net::TcpSocket).
    ///
    /// # Errors
    ///
    /// When the name is not known, or none of its addresses can be bound.
    ///
    /// # Panics
    ///
    /// When polled outside of a runtime, or on one without I/O.
    ///
    /// # Cancel safety
    ///
    /// A bind that was dropped leaves nothing behind.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(addr: A) -> impl Future<Output = io::Result<TcpListener>> {
        let site = Site::here();
        async move {
            let addrs = addr::resolve(&addr, site).await?;
            first_of(addrs, |addr| {
                Self::from_mio(mio::net::TcpListener::bind(addr)?)
            })
        }
    }

    /// Waits for a connection: the stream, and the address of the other side.
    ///
    /// # Errors
    ///
    /// What the operating system says. Many of these concern one connection (the peer has gone
    /// again) or pass (too many open files), so servers go on after an error.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, peer) = listener.accept().await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> {
        self.io
            .io(Interest::READABLE, Site::here(), |_| self.accept_one())
    }

    /// Polls [`accept`](Self::accept). The last caller's waker is the one that is woken.
    ///
    /// # Errors
    ///
    /// Those of `accept`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_, from) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(from, stream.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.io
            .poll_io(cx, Direction::Read, Site::here(), |_| self.accept_one())
    }

    fn accept_one(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.io.accept()?;
        // Often the request is there already, and there is always room for an answer: the first
        // read and write are tried without waiting for an event.
        let stream = TcpStream::with_readiness(stream, Ready::READABLE | Ready::WRITABLE)?;
        Ok((stream, peer))
    }

    /// The address this listens on.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?; // any free port
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The time to live (hops) of packets sent by this socket.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// assert!(listener.ttl()? > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.ttl()
    }

    /// Sets the time to live (hops) of packets sent by this socket.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(42)?;
    /// assert_eq!(listener.ttl()?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.set_ttl(ttl)
    }
}

impl_socket!(TcpListener, net::TcpListener);
