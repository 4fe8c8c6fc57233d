//! `AsyncFd` over both ends of a pair of std's.

use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::io::unix::AsyncFd;
use crate::io::{Interest, Ready};
use crate::runtime::Builder;

fn run<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn pair() -> (AsyncFd<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    theirs.set_nonblocking(true).unwrap();
    (AsyncFd::new(ours).unwrap(), theirs)
}

fn is_pending(future: impl Future) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    pin!(future).poll(cx).is_pending()
}

fn read(fd: &AsyncFd<UnixStream>) -> io::Result<usize> {
    let mut stream = fd.get_ref();
    stream.read(&mut [0; 8])
}

#[test]
fn a_guard_clears_on_would_block_and_only_then() {
    run(async {
        let (ours, mut theirs) = pair();
        theirs.write_all(b"x").unwrap();
        let mut guard = ours.readable().await.unwrap();
        assert!(guard.ready().is_readable());
        assert!(matches!(guard.try_io(read), Ok(Ok(1))));
        assert!(guard.ready().is_readable());
        assert!(!is_pending(ours.readable()));
        assert!(guard.try_io(read).is_err());
        assert_eq!(guard.ready(), Ready::EMPTY);
        assert!(is_pending(ours.readable()));
        theirs.write_all(b"y").unwrap();
        ours.readable().await.unwrap().retain_ready();
    });
}

#[test]
fn clearing_a_part_leaves_the_rest() {
    run(async {
        let (ours, mut theirs) = pair();
        theirs.write_all(b"x").unwrap();
        drop(ours.readable().await.unwrap());
        let both = Interest::READABLE | Interest::WRITABLE;
        let mut guard = ours.ready(both).await.unwrap();
        assert_eq!(guard.ready(), Ready::READABLE | Ready::WRITABLE);
        guard.clear_ready_matching(Ready::READABLE);
        assert_eq!(guard.ready(), Ready::WRITABLE);
        assert!(is_pending(ours.readable()));
        assert!(!is_pending(ours.writable()));
        guard.clear_ready();
        assert!(is_pending(ours.writable()));
    });
}

/// The end of a stream cannot be cleared away: it would never be reported again.
#[test]
fn the_end_of_a_stream_stays() {
    run(async {
        let (ours, theirs) = pair();
        drop(theirs);
        let mut guard = ours.readable().await.unwrap();
        assert!(guard.ready().is_read_closed());
        guard.clear_ready();
        assert!(!is_pending(ours.readable()));
    });
}

#[test]
fn by_mutable_reference() {
    run(async {
        let (mut ours, mut theirs) = pair();
        theirs.write_all(b"x").unwrap();
        let mut guard = ours.readable_mut().await.unwrap();
        let n = guard.try_io(|fd| fd.get_mut().read(&mut [0; 8]));
        assert!(matches!(n, Ok(Ok(1))));
        assert!(guard.try_io(|fd| read(fd)).is_err());
        let write = |stream: &mut UnixStream| stream.write(b"z");
        assert_eq!(
            ours.async_io_mut(Interest::WRITABLE, write).await.unwrap(),
            1
        );
        assert_eq!(ours.try_io_mut(Interest::WRITABLE, write).unwrap(), 1);
        ours.writable_mut().await.unwrap().retain_ready();
        let read = |stream: &UnixStream| {
            let mut stream = stream;
            stream.read(&mut [0; 8])
        };
        let error = ours.try_io(Interest::READABLE, read).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        theirs.write_all(b"four").unwrap();
        assert_eq!(ours.async_io(Interest::READABLE, read).await.unwrap(), 4);
        ours.into_inner().set_nonblocking(false).unwrap();
    });
}

/// The same descriptor can be registered again once it was let go.
#[test]
fn a_descriptor_is_let_go() {
    #[derive(Debug)]
    struct Borrowed(RawFd);
    impl AsRawFd for Borrowed {
        fn as_raw_fd(&self) -> RawFd {
            self.0
        }
    }
    run(async {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let fd = ours.as_raw_fd();
        let first = AsyncFd::new(Borrowed(fd)).unwrap();
        let twice = AsyncFd::try_new(Borrowed(fd)).unwrap_err();
        let (given_back, cause) = twice.into_parts();
        assert_eq!((given_back.0, cause.kind()), (fd, ErrorKind::AlreadyExists));
        drop(first);
        let second = AsyncFd::with_interest(Borrowed(fd), Interest::READABLE).unwrap();
        assert!(is_pending(second.writable()));
        assert_eq!(second.into_inner().0, fd);
        AsyncFd::new(Borrowed(fd)).unwrap();
    });
}

/// What the poller refuses comes back, and leaves nothing in the reactor.
#[test]
fn r49_files_are_refused() {
    run(async {
        let reactor = crate::engine::context::reactor();
        let before = reactor.sources();
        let file = tempfile::tempfile().unwrap();
        let error = AsyncFd::try_new(file).unwrap_err();
        assert_eq!(error.to_string(), error.into_parts().1.to_string());
        assert_eq!(reactor.sources(), before);
    });
}

/// After the runtime is gone there is an error instead of a wait.
#[test]
fn r50_no_wait_without_a_runtime() {
    let (ours, _theirs) = run(async { pair() });
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(matches!(
        pin!(ours.readable()).poll(cx),
        Poll::Ready(Err(_))
    ));
    assert!(matches!(ours.poll_write_ready(cx), Poll::Ready(Err(_))));
}

/// A main future that is alone and yields gets to see what happened meanwhile.
#[test]
fn a_yield_of_the_main_future_looks_at_the_driver() {
    run(async {
        let (ours, mut theirs) = pair();
        crate::task::yield_now().await;
        assert!(ours.try_io(Interest::WRITABLE, |_| Ok(())).is_ok());
        let is_readable = || ours.try_io(Interest::READABLE, |_| Ok(())).is_ok();
        assert!(!is_readable());
        theirs.write_all(b"x").unwrap();
        crate::task::yield_now().await;
        assert!(is_readable());
    });
}
