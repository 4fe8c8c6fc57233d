//! `join!`, `try_join!` and `pin!`: order, errors, what is dropped when.

use std::cell::RefCell;
use std::future::ready;
use std::pin::Pin;

use wakeful::{join, try_join};

use crate::spies::{after, run, spies};

#[test]
fn join_gives_all_outputs_in_order() {
    let (a, b, c) = run(async {
        join!(
            async {
                after(2).await;
                1
            },
            ready("b"),
            async { after(1).await },
        )
    });
    assert_eq!((a, b, c), (1, "b", ()));
    run(async { join!() });
    run(async { join!(biased;) });
    assert_eq!(run(async { join!(ready(1)) }), (1,));
}

#[test]
fn join_begins_each_poll_with_the_next_future() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    let outputs = run(async { join!(spy('a', 3), spy('b', 3), spy('c', 3)) });
    assert_eq!(outputs, ('a', 'b', 'c'));
    assert_eq!(*log.borrow(), "abcbcacabaAbBcC");
}

#[test]
fn biased_join_begins_each_poll_with_the_first() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    run(async { join!(biased; spy('a', 1), spy('b', 0), spy('c', 1)) });
    assert_eq!(
        *log.borrow(),
        "abBcaAcC",
        "a future is dropped when it is done"
    );
}

#[test]
fn try_join_stops_at_the_first_error() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    let outcome: Result<(char, (), char), &str> = run(async {
        try_join!(
            biased;
            async { Ok(spy('a', 0).await) },
            async {
                after(1).await;
                Err("failed")
            },
            async { Ok(spy('c', 9).await) },
        )
    });
    assert_eq!(outcome, Err("failed"));
    assert_eq!(*log.borrow(), "aAcC", "c is not polled after the error");
    let outcome = run(async { try_join!(ready(Ok::<u8, ()>(1)), async { Ok("two") }) });
    assert_eq!(outcome, Ok((1, "two")));
}

#[test]
fn a_try_join_begins_each_poll_with_the_next_future() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    let ok = |letter| {
        let spy = spy(letter, 2);
        async move { Ok::<char, ()>(spy.await) }
    };
    assert_eq!(run(async { try_join!(ok('a'), ok('b')) }), Ok(('a', 'b')));
    assert_eq!(*log.borrow(), "abbaaAbB");
}

#[test]
fn join_does_not_hold_temporaries_over_its_await() {
    fn is_send<T: Send>(_: T) {}
    let lock = std::sync::Mutex::new(1);
    is_send(async { join!(ready(*lock.lock().unwrap()), after(1)) });
}

#[test]
fn pin_shadows_and_declares() {
    run(async {
        let future = after(1);
        wakeful::pin!(future);
        fn is_pinned<F>(_: &mut Pin<&mut F>) {}
        is_pinned(&mut future);
        (&mut future).await;
        wakeful::pin! {
            let one = async { 1 };
            let two = async { 2 };
        }
        assert_eq!(join!(one, two), (1, 2));
        let (a, b) = (async { 3 }, async { 4 });
        wakeful::pin!(a, b,);
        assert_eq!(a.await + b.await, 7);
    });
}
