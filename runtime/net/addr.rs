//! From a name to socket addresses.
//!
//! An address that is one already costs nothing. A string that is no address goes to the blocking
//! pool, where the operating system's resolver may take its time.

use std::future::{self, Future};
use std::io;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use crate::leaf::{self, Kind, Site};
use crate::task::{JoinHandle, spawn_blocking};

/// What stands for one or more socket addresses.
///
/// Implemented for socket addresses, slices of them, pairs of an IP address and a port, and
/// strings: `"127.0.0.1:80"`, `"example.org:80"`, `("example.org", 80)`. Only a name that has to
/// be looked up waits. The trait is sealed.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use wakeful::net::TcpListener;
///
/// TcpListener::bind(("127.0.0.1", 0)).await?;
/// TcpListener::bind("127.0.0.1:0").await?;
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
pub trait ToSocketAddrs: sealed::Resolve {}

/// Looks a name up.
///
/// # Errors
///
/// When the name is not well-formed, is not known, or the resolver fails.
///
/// # Cancel safety
///
/// Nothing is lost. A lookup that has begun goes on in the blocking pool.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// for addr in wakeful::net::lookup_host("127.0.0.1:8080").await? {
///     assert_eq!(addr.port(), 8080);
/// }
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[track_caller]
pub fn lookup_host<T>(
    host: T,
) -> impl Future<Output = io::Result<impl Iterator<Item = SocketAddr> + use<T>>>
where
    T: ToSocketAddrs,
{
    let site = Site::here();
    async move { resolve(&host, site).await }
}

/// The addresses `addr` stands for. Nothing happens before the first poll.
pub(super) fn resolve<T: ToSocketAddrs + ?Sized>(addr: &T, site: Site) -> T::Future {
    addr.resolve(sealed::Internal(site))
}

pub(super) mod sealed {
    use super::{Future, Site, SocketAddr, io};

    /// Names the call site; only this crate can make one.
    #[derive(Debug)]
    pub struct Internal(pub(super) Site);

    pub trait Resolve {
        type Addrs: Iterator<Item = SocketAddr> + Send + 'static;
        type Future: Future<Output = io::Result<Self::Addrs>> + Send + 'static;

        fn resolve(&self, internal: Internal) -> Self::Future;
    }
}

type One = iter::Once<SocketAddr>;

/// What is an address without a lookup.
macro_rules! literal {
    ($($type:ty: |$this:ident| $addr:expr;)*) => {$(
        impl ToSocketAddrs for $type {}

        impl sealed::Resolve for $type {
            type Addrs = One;
            type Future = future::Ready<io::Result<One>>;

            fn resolve(&self, _: sealed::Internal) -> Self::Future {
                let $this = self;
                future::ready(Ok(iter::once($addr)))
            }
        }
    )*};
}

literal! {
    SocketAddr: |addr| *addr;
    SocketAddrV4: |addr| SocketAddr::V4(*addr);
    SocketAddrV6: |addr| SocketAddr::V6(*addr);
    (IpAddr, u16): |pair| SocketAddr::new(pair.0, pair.1);
    (Ipv4Addr, u16): |pair| SocketAddr::new(pair.0.into(), pair.1);
    (Ipv6Addr, u16): |pair| SocketAddr::new(pair.0.into(), pair.1);
}

impl ToSocketAddrs for &[SocketAddr] {}

impl sealed::Resolve for &[SocketAddr] {
    type Addrs = vec::IntoIter<SocketAddr>;
    type Future = future::Ready<io::Result<Self::Addrs>>;

    fn resolve(&self, _: sealed::Internal) -> Self::Future {
        future::ready(Ok(Vec::from(*self).into_iter()))
    }
}

/// What may have to be looked up: `$literal` says whether it is an address as it stands.
macro_rules! name {
    ($($type:ty: |$this:ident| $literal:expr, $owned:expr;)*) => {$(
        impl ToSocketAddrs for $type {}

        impl sealed::Resolve for $type {
            type Addrs = Addrs;
            type Future = Lookup;

            fn resolve(&self, internal: sealed::Internal) -> Self::Future {
                let $this = self;
                match $literal {
                    Some(addr) => Lookup::Known(Some(addr)),
                    None => Lookup::start($owned, internal),
                }
            }
        }
    )*};
}

name! {
    str: |name| name.parse().ok(), name.to_owned();
    String: |name| name.parse().ok(), name.clone();
    (&str, u16): |pair| literal(pair.0, pair.1), (pair.0.to_owned(), pair.1);
    (String, u16): |pair| literal(&pair.0, pair.1), pair.clone();
}

fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    let ip: IpAddr = host.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}

impl<T: sealed::Resolve + ?Sized> sealed::Resolve for &T {
    type Addrs = T::Addrs;
    type Future = T::Future;

    fn resolve(&self, internal: sealed::Internal) -> Self::Future {
        (**self).resolve(internal)
    }
}

/// The addresses of a name.
#[derive(Debug)]
pub enum Addrs {
    /// It was an address.
    One(One),
    /// The resolver's answer.
    Many(vec::IntoIter<SocketAddr>),
}

impl Iterator for Addrs {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Addrs::One(addr) => addr.next(),
            Addrs::Many(addrs) => addrs.next(),
        }
    }
}

type Answer = io::Result<vec::IntoIter<SocketAddr>>;

/// The leaf: an address that is known, or the wait for the resolver.
pub enum Lookup {
    /// `None` once it has been given out.
    Known(Option<SocketAddr>),
    /// The blocking pool is at it.
    Asked(JoinHandle<Answer>, sealed::Internal),
}

impl Lookup {
    fn start(
        name: impl std::net::ToSocketAddrs<Iter = vec::IntoIter<SocketAddr>> + Send + 'static,
        internal: sealed::Internal,
    ) -> Self {
        Lookup::Asked(spawn_blocking(move || name.to_socket_addrs()), internal)
    }
}

impl Future for Lookup {
    type Output = io::Result<Addrs>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Lookup::Known(addr) => {
                let addr = addr.take().expect("polled after it was ready");
                Poll::Ready(Ok(Addrs::One(iter::once(addr))))
            }
            Lookup::Asked(answer, site) => {
                let Poll::Ready(answer) = Pin::new(answer).poll(cx) else {
                    leaf::waiting(cx, Kind::Blocking, 0, site.0);
                    return Poll::Pending;
                };
                Poll::Ready(answer?.map(Addrs::Many))
            }
        }
    }
}
