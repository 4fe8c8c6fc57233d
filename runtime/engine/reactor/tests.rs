//! The reactor with real descriptors, turned by hand.

use std::future::Future;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use mio::net::UnixStream;

use super::poller::sleep_limit;
use super::readiness::{Place, Readiness};
use super::table::Block;
use super::{Direction, Handle, Reactor, Registered};
use crate::io::{Interest, Ready};
use crate::leaf::Site;

const NOW: Option<Duration> = Some(Duration::ZERO);
const SOON: Option<Duration> = Some(Duration::from_secs(10));

#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), Waker::from(count))
}

fn reactor() -> (Reactor, Arc<Handle>) {
    Reactor::new(64, None, Box::new(|| {})).unwrap()
}

/// One end registered, the other as it is.
fn pair(handle: &Arc<Handle>) -> (Registered<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let ours = Registered::new(handle, ours, Ready::EMPTY).unwrap();
    (ours, theirs)
}

fn poll_read(source: &Registered<UnixStream>, waker: &Waker) -> Poll<io::Result<usize>> {
    let mut buf = [0; 8];
    let mut cx = Context::from_waker(waker);
    source.poll_stream_io(&mut cx, Direction::Read, Site::here(), 8, |mut source| {
        source.read(&mut buf)
    })
}

fn readable(source: &Registered<UnixStream>) -> Ready {
    let event = source.registration().shared().event(Ready::READABLE);
    event.ready()
}

#[test]
fn a_byte_wakes_the_reader_once() {
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let (count, waker) = counter();

    assert!(poll_read(&source, &waker).is_pending());
    assert_eq!(reactor.turn(NOW).unwrap(), 0);
    assert_eq!(count.get(), 0);

    theirs.write_all(b"x").unwrap();
    reactor.turn(SOON).unwrap();
    assert_eq!(count.get(), 1);
    assert!(matches!(poll_read(&source, &waker), Poll::Ready(Ok(1))));
    assert!(poll_read(&source, &waker).is_pending());
}

#[test]
fn a_partial_read_clears_and_a_full_one_does_not() {
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let (_, waker) = counter();

    theirs.write_all(&[7; 12]).unwrap();
    reactor.turn(SOON).unwrap();
    assert!(matches!(poll_read(&source, &waker), Poll::Ready(Ok(8))));
    assert_eq!(readable(&source), Ready::READABLE);
    assert!(matches!(poll_read(&source, &waker), Poll::Ready(Ok(4))));
    assert_eq!(readable(&source), Ready::EMPTY);
}

#[test]
fn any_number_of_futures_wait_for_one_source() {
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let (count, waker) = counter();
    let mut cx = Context::from_waker(&waker);

    let mut waits: Vec<_> = (0..5)
        .map(|_| {
            Box::pin(
                source
                    .registration()
                    .readiness(Interest::READABLE, Site::here()),
            )
        })
        .collect();
    for wait in &mut waits {
        assert!(wait.as_mut().poll(&mut cx).is_pending());
    }
    waits.pop();
    theirs.write_all(b"x").unwrap();
    reactor.turn(SOON).unwrap();
    assert_eq!(count.get(), 4);
    for wait in &mut waits {
        assert!(matches!(wait.as_mut().poll(&mut cx), Poll::Ready(Ok(event))
            if event.ready().is_readable()));
    }
    assert_eq!(source.registration().shared().waiting(), 0);
}

#[test]
fn r29_r30_the_last_waker_is_woken_and_the_others_are_let_go() {
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let (first, first_waker) = counter();
    let (last, last_waker) = counter();
    let mut wait = pin!(
        source
            .registration()
            .readiness(Interest::READABLE, Site::here())
    );

    for waker in [&first_waker, &last_waker] {
        assert!(poll_read(&source, waker).is_pending());
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(waker))
                .is_pending()
        );
    }
    drop(first_waker);
    assert_eq!(Arc::strong_count(&first), 1, "a replaced waker was kept");

    theirs.write_all(b"x").unwrap();
    reactor.turn(SOON).unwrap();
    assert_eq!((first.get(), last.get()), (0, 2));
    drop(last_waker);
    assert_eq!(Arc::strong_count(&last), 1, "a woken waker was kept");
}

#[test]
fn a_dropped_source_lets_its_wakers_go() {
    let (_reactor, handle) = reactor();
    let (source, _theirs) = pair(&handle);
    let (count, waker) = counter();
    assert!(poll_read(&source, &waker).is_pending());
    drop((waker, source));
    assert_eq!(Arc::strong_count(&count), 1);
    assert_eq!(handle.sources(), 0);
}

/// A waker that comes back to the source and to the table.
#[test]
fn r33_a_waker_may_use_the_reactor() {
    struct Reenter {
        handle: Arc<Handle>,
        block: Arc<Block>,
        token: usize,
    }
    impl Reenter {
        fn work(&self) {
            let readiness = self.block.source(self.token);
            let mut place = Place::default();
            let cx = &Context::from_waker(Waker::noop());
            let _ = readiness.poll_direction(cx, Direction::Write);
            let _ = readiness.poll_wait(cx, Ready::WRITABLE, &mut place);
            readiness.leave(&mut place);
            drop(pair(&self.handle));
        }
    }
    impl Wake for Reenter {
        fn wake(self: Arc<Self>) {
            self.work();
        }
    }
    impl Drop for Reenter {
        fn drop(&mut self) {
            self.work();
        }
    }
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let waker = || {
        Waker::from(Arc::new(Reenter {
            handle: handle.clone(),
            block: source.registration().block().clone(),
            token: source.registration().token(),
        }))
    };
    let mut wait = pin!(
        source
            .registration()
            .readiness(Interest::READABLE, Site::here())
    );
    for _ in 0..2 {
        let waker = waker();
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert!(poll_read(&source, &waker).is_pending());
    }
    theirs.write_all(b"x").unwrap();
    reactor.turn(SOON).unwrap();
    assert_eq!(handle.sources(), 1);
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_asleep() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("this test's waker panics");
        }
    }
    let (mut reactor, handle) = reactor();
    let (source, mut theirs) = pair(&handle);
    let (count, waker) = counter();
    let bomb = Waker::from(Arc::new(Bomb));
    assert!(poll_read(&source, &bomb).is_pending());
    let mut wait = pin!(
        source
            .registration()
            .readiness(Interest::READABLE, Site::here())
    );
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    theirs.write_all(b"x").unwrap();
    reactor.turn(SOON).unwrap();
    assert_eq!(count.get(), 1);
}

#[test]
fn more_wakers_than_one_lock_hands_out() {
    let (mut reactor, handle) = Reactor::new(1024, None, Box::new(|| {})).unwrap();
    let (count, waker) = counter();
    let mut pairs: Vec<_> = (0..200).map(|_| pair(&handle)).collect();
    for (source, theirs) in &mut pairs {
        assert!(poll_read(source, &waker).is_pending());
        theirs.write_all(b"x").unwrap();
    }
    assert_eq!(reactor.turn(SOON).unwrap(), 200);
    assert_eq!(count.get(), 200);
}

#[test]
fn the_first_source_is_told_and_the_others_are_not() {
    let told = Arc::new(AtomicUsize::new(0));
    let counter = told.clone();
    let tell = Box::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let (_reactor, handle) = Reactor::new(8, None, tell).unwrap();
    let first = pair(&handle);
    let second = pair(&handle);
    assert_eq!(told.load(Ordering::SeqCst), 1);
    drop((first, second));
    let _third = pair(&handle);
    assert_eq!(told.load(Ordering::SeqCst), 2);
}

/// A limit the selector cannot express is cut, not wrapped.
#[test]
fn r46_sleeps_beyond_24_days_are_clamped() {
    let longest = Duration::from_millis(i32::MAX as u64);
    assert_eq!(sleep_limit(Some(Duration::MAX)), Some(longest));
    assert_eq!(
        sleep_limit(Some(longest * 2 + Duration::from_millis(2))),
        Some(longest)
    );
    assert_eq!(sleep_limit(NOW), NOW);
    assert_eq!(sleep_limit(None), None);

    let (mut reactor, handle) = reactor();
    for limit in [
        Duration::MAX,
        longest + Duration::from_millis(1),
        longest * 2,
    ] {
        handle.wake();
        reactor.turn(Some(limit)).unwrap();
    }
}

/// An event for a token that is free, or somebody else's by now.
#[test]
fn r48_a_stale_event_reaches_nobody() {
    let (mut reactor, handle) = reactor();
    let (old, _theirs) = pair(&handle);
    let stale = old.registration().token();
    drop(old);
    reactor.inject(stale, Ready::ALL);

    let (new, _theirs) = pair(&handle);
    let token = new.registration().token();
    assert_eq!(stale as u32, token as u32, "the index was not reused");
    assert_ne!(stale, token);
    let (count, waker) = counter();
    assert!(poll_read(&new, &waker).is_pending());
    reactor.inject(stale, Ready::READABLE);
    assert_eq!(count.get(), 0);
    assert_eq!(readable(&new), Ready::EMPTY);
    reactor.inject(token, Ready::READABLE);
    assert_eq!(count.get(), 1);
}

/// The tick wraps into nothing else, and the end survives reports and clears.
#[test]
fn r48_the_tick_wraps_and_the_end_stays() {
    let readiness = Readiness::with_tick(u32::MAX, Ready::READABLE);
    let before = readiness.event(Ready::ALL);
    readiness.set(Ready::WRITABLE);
    let after = readiness.event(Ready::ALL);
    assert!(!after.is_closed());
    assert_eq!(after.ready(), Ready::READABLE | Ready::WRITABLE);
    readiness.clear(before);
    assert_eq!(readiness.event(Ready::ALL).ready(), after.ready());

    readiness.close();
    readiness.set(Ready::ALL);
    readiness.clear(readiness.event(Ready::ALL));
    let end = readiness.event(Ready::ALL);
    assert!(end.is_closed());
    assert_eq!(end.ready(), Ready::READ_CLOSED | Ready::WRITE_CLOSED);
}

/// R10: whoever gets a place that was used finds nothing of those before, not even what was leaked.
#[test]
fn a_place_that_is_used_again_is_like_new() {
    let (mut reactor, handle) = reactor();
    let (count, waker) = counter();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let (source, mut theirs) = pair(&handle);
        let registration = source.registration();
        tokens.push(registration.token());
        assert_eq!(registration.shared().waiting(), 0);
        assert!(registration.shared().event(Ready::ALL).ready().is_empty());
        assert!(poll_read(&source, &waker).is_pending());
        let mut wait = Box::pin(registration.readiness(Interest::READABLE, Site::here()));
        let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        std::mem::forget(wait);
        assert_eq!(
            (registration.shared().waiting(), handle.table_len()),
            (2, 1)
        );
        theirs.write_all(b"x").unwrap();
        reactor.turn(SOON).unwrap();
        assert!(readable(&source).is_readable());
        assert!(poll_read(&source, &waker).is_ready());
        assert!(poll_read(&source, &waker).is_pending());
    }
    let low = usize::MAX >> (usize::BITS / 2);
    assert!(
        tokens
            .windows(2)
            .all(|two| two[0] & low == two[1] & low && two[0] != two[1])
    );
    assert_eq!((Arc::strong_count(&count), handle.table_len()), (2, 0));
}

/// Blocks of places are added; each source keeps its own.
#[test]
fn the_table_grows_beside_its_sources() {
    let (mut reactor, handle) = reactor();
    let mut pairs: Vec<_> = (0..100).map(|_| pair(&handle)).collect();
    let counters: Vec<_> = pairs
        .iter()
        .map(|(source, _)| {
            let (count, waker) = counter();
            assert!(poll_read(source, &waker).is_pending());
            count
        })
        .collect();
    for (index, (_, theirs)) in pairs.iter_mut().enumerate() {
        theirs.write_all(b"x").unwrap();
        reactor.turn(SOON).unwrap();
        let woken = counters.iter().map(|count| count.get()).sum::<usize>();
        assert_eq!((woken, counters[index].get()), (index + 1, 1));
    }
    reactor.shutdown();
    assert!(poll_read(&pairs[99].0, Waker::noop()).is_ready());
}

/// What the selector refuses leaves nothing behind.
#[test]
fn r49_a_failed_registration_leaves_nothing() {
    use mio::unix::SourceFd;

    let (_reactor, handle) = reactor();
    let file = tempfile::tempfile().unwrap();
    let file = std::os::fd::AsRawFd::as_raw_fd(&file);
    for fd in [file, -1] {
        let mut source = SourceFd(&fd);
        handle
            .register(&mut source, Interest::READABLE, Ready::EMPTY)
            .expect_err("the selector takes no files and no closed descriptors");
        assert_eq!((handle.sources(), handle.table_len()), (0, 0));
    }
    let _kept = pair(&handle);
    assert_eq!((handle.sources(), handle.table_len()), (1, 1));
}

/// After the end, what waits is woken with an error, and nothing waits again.
#[test]
fn r50_after_shutdown_every_operation_is_an_error() {
    let (mut reactor, handle) = reactor();
    let (source, _theirs) = pair(&handle);
    let (count, waker) = counter();
    let mut cx = Context::from_waker(&waker);
    let mut wait = pin!(
        source
            .registration()
            .readiness(Interest::READABLE, Site::here())
    );
    assert!(poll_read(&source, &waker).is_pending());
    assert!(wait.as_mut().poll(&mut cx).is_pending());

    reactor.shutdown();
    assert_eq!(count.get(), 2);
    let is_gone = |error: &io::Error| {
        error.kind() == io::ErrorKind::Other && error.to_string().contains("gone")
    };
    assert!(matches!(poll_read(&source, &waker), Poll::Ready(Err(e)) if is_gone(&e)));
    assert!(matches!(wait.as_mut().poll(&mut cx), Poll::Ready(Err(e)) if is_gone(&e)));
    let tried = source.try_io(Interest::READABLE, |_| Ok(()));
    assert_eq!(tried.unwrap_err().kind(), io::ErrorKind::WouldBlock);

    let (late, _theirs) = UnixStream::pair().unwrap();
    let late = Registered::new(&handle, late, Ready::EMPTY);
    assert!(matches!(late, Err(e) if is_gone(&e)));
    assert_eq!(handle.sources(), 0);
    drop(reactor);
    drop(handle);
}

#[test]
fn a_wake_ends_a_sleep() {
    let (mut reactor, handle) = reactor();
    std::thread::scope(|scope| {
        scope.spawn(|| handle.wake());
        reactor.turn(None).unwrap();
    });
}

#[test]
fn sources_and_their_reactor_have_a_debug_form() {
    let (_reactor, handle) = reactor();
    assert_eq!(format!("{handle:?}"), "reactor::Handle { sources: 0, .. }");
    let (ours, _theirs) = pair(&handle);
    assert_eq!(format!("{handle:?}"), "reactor::Handle { sources: 1, .. }");
    let registration = format!("{:?}", ours.registration());
    assert!(
        registration.starts_with("Registration { token: "),
        "{registration}"
    );
    assert_eq!(format!("{ours:?}"), format!("{:?}", &*ours));
}
