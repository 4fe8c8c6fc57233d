//! `select!`, `join!`, `try_join!`, `pin!` and `task_local!`: the order of what happens in them.
//!
//! A small executor of this file's own runs them: they need no runtime.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use wakeful::sync::oneshot;
use wakeful::{join, select, task_local, try_join};

/// Counts wakes.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Runs a future that is always woken before it is polled again.
fn run<F: Future>(future: F) -> F::Output {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut future = pin!(future);
    loop {
        let before = wakes.0.load(SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(wakes.0.load(SeqCst) > before, "it waits for nobody");
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending so many times, waking itself.
async fn after(mut polls: u32) {
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Writes a letter down whenever it is polled or dropped.
struct Spy<'a> {
    letter: char,
    polls: u32,
    log: &'a RefCell<String>,
}

impl Future for Spy<'_> {
    type Output = char;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<char> {
        self.log.borrow_mut().push(self.letter);
        if self.polls == 0 {
            return Poll::Ready(self.letter);
        }
        self.polls -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Spy<'_> {
    fn drop(&mut self) {
        self.log.borrow_mut().push(self.letter.to_ascii_uppercase());
    }
}

fn spies<'a>(log: &'a RefCell<String>) -> impl Fn(char, u32) -> Spy<'a> {
    |letter, polls| Spy { letter, polls, log }
}

fn panic_text<R>(action: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(action)) else {
        panic!("it did not panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

// ---- select! ----

#[test]
fn the_first_ready_branch_wins_and_gives_the_value() {
    let value = run(async {
        select! {
            () = after(2) => 1,
            () = after(1) => 2,
            () = pending() => 3,
        }
    });
    assert_eq!(value, 2);
}

#[test]
fn biased_polls_top_down_and_drops_all_before_the_handler() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    run(async {
        select! {
            biased;
            _ = spy('a', 9) => unreachable!(),
            letter = spy('b', 1) => log.borrow_mut().push(letter),
            _ = spy('c', 9) => unreachable!(),
        }
    });
    assert_eq!(*log.borrow(), "abcabABCb");
}

#[test]
fn without_biased_each_branch_is_first_about_as_often() {
    let mut wins = [0; 3];
    for _ in 0..3000 {
        run(async {
            select! {
                _ = ready(()) => wins[0] += 1,
                _ = ready(()) => wins[1] += 1,
                _ = ready(()) => wins[2] += 1,
            }
        });
    }
    // Ten standard deviations: 1000 +- 258.
    assert!(
        wins.iter().all(|wins| (742..1258).contains(wins)),
        "{wins:?}"
    );
}

#[test]
fn every_handler_form_is_understood() {
    async fn pick(which: u32) -> u32 {
        select! {
            _ = ready(()), if which == 0 => 10,
            _ = ready(()), if which == 1 => { 11 }
            _ = ready(()), if which == 2 => { 12 },
            _ = after(1), if which == 3 => match which {
                3 => 13,
                _ => 0,
            },
            x = ready(which + 11), if which == 4 => x - 1,
            else => 15
        }
    }
    for which in 0..6 {
        assert_eq!(run(pick(which)), 10 + which);
    }
    run(async {
        select! { _ = ready(()) => {} }
        select! { _ = ready(()) => {}, }
        select! { biased; _ = ready(()) => {} else => {} }
        let one = select! { x = ready(1) => x };
        assert_eq!(
            one + select! { else => 2 } + select! { biased; else => 3, },
            6
        );
    });
}

#[test]
fn conditions_come_first_then_all_futures_then_the_polls() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    let condition = |name: &str, value| {
        log.borrow_mut().push_str(name);
        value
    };
    let make = |letter| {
        log.borrow_mut().push('!');
        spy(letter, 0)
    };
    run(async {
        select! {
            biased;
            _ = make('a'), if condition("1", false) => unreachable!(),
            _ = make('b'), if condition("2", true) => {}
        }
    });
    assert_eq!(
        *log.borrow(),
        "12!!bAB",
        "a disabled future is made, dropped, never polled"
    );
}

#[test]
fn a_pattern_that_does_not_match_disables_its_branch_only() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    run(async {
        let winner = select! {
            biased;
            'x' = spy('a', 0) => 'x',
            letter = spy('b', 2) => letter,
        };
        assert_eq!(winner, 'b');
    });
    assert_eq!(*log.borrow(), "abbbAB", "not polled again");
}

#[test]
fn patterns_may_bind_in_every_way() {
    run(async {
        let boxed = || Some(Box::new(1));
        let mut owned = select! {
            Some(mut x) = ready(boxed()) => {
                *x += 1;
                x
            }
            else => unreachable!(),
        };
        *owned += 1;
        assert_eq!(*owned, 3);
        select! { Some(ref x) = ready(boxed()) => assert_eq!(**x, 1), else => unreachable!() }
        select! {
            Some(ref mut x) = ready(boxed()) => {
                **x = 5;
                assert_eq!(**x, 5);
            }
            else => unreachable!(),
        }
        select! { (x, 1 | 2) = ready((3, 2)) => assert_eq!(x, 3), else => unreachable!() }
        select! { all @ [.., last] = ready([1, 2]) => assert_eq!(all[1], last) }
        select! { "text" = ready("text") => {} else => unreachable!() }
        select! { &x = ready(&7) => assert_eq!(x, 7) }
        select! { Ok(x) | Err(x) = ready(Ok::<u8, u8>(1)) => assert_eq!(x, 1) }
        let mut count = 0;
        select! { mut x = ready(1) => { x += 1; count += x } }
        assert_eq!(count, 2);
    });
}

#[test]
fn a_handler_may_use_what_the_branches_borrowed() {
    let log = run(async {
        let mut text = String::from("a");
        async fn grow(text: &mut String, by: &str) {
            text.push_str(by);
            after(1).await;
        }
        select! {
            _ = grow(&mut text, "b") => text.push('c'),
            () = pending() => text.clear(),
        }
        text
    });
    assert_eq!(log, "abc");
}

#[test]
fn handlers_return_break_await_and_fail_from_the_function() {
    async fn fails() -> Result<u32, String> {
        loop {
            let number = select! {
                text = ready("12x") => text.parse::<u32>().map_err(|e| e.to_string())?,
            };
            return Ok(number);
        }
    }
    assert_eq!(
        run(fails()),
        Err("invalid digit found in string".to_owned())
    );
    let rounds = run(async {
        let mut rounds = 0;
        loop {
            select! {
                _ = ready(()), if rounds < 3 => {
                    rounds += 1;
                    after(1).await;
                    continue;
                }
                else => break rounds,
            }
        }
    });
    assert_eq!(rounds, 3);
}

#[test]
fn futures_given_by_reference_go_on_in_the_next_select() {
    let polls = run(async {
        let mut counted = pin!(after(4));
        let mut rounds = 0;
        loop {
            rounds += 1;
            select! {
                biased;
                _ = &mut counted => break rounds,
                _ = ready(()) => {}
            }
            // What it was polled for: so that it is woken once a round.
        }
    });
    assert_eq!(polls, 5);
}

#[test]
fn all_disabled_without_else_panics_where_the_select_is() {
    let text = "all branches are disabled and there is no else branch";
    assert_eq!(
        panic_text(|| run(async {
            select! { _ = ready(()), if false => {} }
        })),
        text
    );
    assert_eq!(
        panic_text(|| run(async {
            select! { Some(()) = ready(None) => {} }
        })),
        text
    );
}

#[test]
fn a_select_in_a_future_and_in_a_handler_of_a_select() {
    let value = run(async {
        select! {
            inner = async { select! { x = ready(1) => x, () = pending() => 0 } } => {
                select! { y = ready(inner + 1) => y * 10 }
            }
        }
    });
    assert_eq!(value, 20);
}

#[test]
fn temporaries_in_a_branch_live_as_long_as_its_future() {
    struct Holder(u32);
    impl Holder {
        fn future(&mut self) -> impl Future<Output = u32> {
            async {
                after(1).await;
                self.0
            }
        }
    }
    let mut holder = Holder(3);
    let value = run(async {
        select! { value = &mut Box::pin(holder.future()) => value }
    });
    assert_eq!(value, 3);
    assert_eq!(
        run(async {
            select! { x = &mut ready(4) => x }
        }),
        4
    );
}

#[test]
fn anything_that_becomes_a_future_is_a_branch() {
    struct Later(u32);
    impl IntoFuture for Later {
        type Output = u32;
        type IntoFuture = std::future::Ready<u32>;
        fn into_future(self) -> Self::IntoFuture {
            ready(self.0)
        }
    }
    assert_eq!(
        run(async {
            select! { x = Later(1) => x }
        }),
        1
    );
    assert_eq!(run(async { join!(Later(1), Later(2)) }), (1, 2));
}

#[test]
fn sixty_four_branches_are_possible() {
    macro_rules! many {
        ($($number:literal)*) => {
            select! { biased; $(x = ready($number), if $number == 63 => x,)* }
        };
    }
    let last = run(async {
        many!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
              32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59
              60 61 62 63)
    });
    assert_eq!(last, 63);
}

#[test]
fn a_select_is_send_when_its_futures_are() {
    fn is_send<T: Send>(_: T) {}
    is_send(async {
        select! {
            _ = after(1) => after(1).await,
            _ = after(2) => {}
        }
    });
    is_send(async { join!(after(1), after(2)) });
    is_send(async { try_join!(ready(Ok::<(), ()>(()))) });
}

#[test]
fn a_panicking_branch_drops_the_others() {
    let log = RefCell::new(String::new());
    let spy = spies(&log);
    let text = panic_text(|| {
        run(async {
            select! {
                biased;
                _ = spy('a', 1) => {}
                _ = async { panic!("in a branch") } => {}
            }
        })
    });
    assert_eq!(
        (text.as_str(), log.borrow().as_str()),
        ("in a branch", "aA")
    );
}

#[test]
fn a_select_in_a_task_without_budget_yields_first() {
    let runtime = wakeful::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (first, second) = (log.clone(), log.clone());
    runtime.block_on(async {
        let greedy = wakeful::spawn(async move {
            // As many as one poll may complete.
            for _ in 0..128 {
                let (sender, receiver) = oneshot::channel();
                sender.send(()).unwrap();
                receiver.await.unwrap();
            }
            first.lock().unwrap().push("before");
            select! { _ = ready(()) => first.lock().unwrap().push("selected") }
        });
        let other = wakeful::spawn(async move { second.lock().unwrap().push("other") });
        other.await.unwrap();
        greedy.await.unwrap();
    });
    assert_eq!(*log.lock().unwrap(), ["before", "other", "selected"]);
}

// ---- join! and try_join! ----

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

// ---- pin! ----

#[test]
fn pin_shadows_and_declares() {
    run(async {
        let future = after(1);
        wakeful::pin!(future);
        let _: &mut Pin<&mut _> = &mut future;
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

// ---- task_local! ----

task_local! {
    /// With an attribute and a visibility.
    pub static NUMBER: u32;
    static COUNT: Cell<u32>
}

#[test]
fn a_task_local_is_set_within_its_scope_only() {
    assert!(NUMBER.try_get().is_err());
    run(async {
        NUMBER
            .scope(1, async {
                assert_eq!(NUMBER.get(), 1);
                NUMBER.scope(2, async { assert_eq!(NUMBER.get(), 2) }).await;
                assert_eq!(NUMBER.with(|number| *number), 1);
            })
            .await;
    });
    assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
    let error = NUMBER.try_with(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "task-local value not set");
    assert_eq!(
        format!("{error:?} {NUMBER:?}"),
        "AccessError LocalKey { .. }"
    );
}

#[test]
fn interleaved_scopes_keep_their_values() {
    let values = run(async {
        let scope = |value| {
            NUMBER.scope(value, async {
                after(2).await;
                NUMBER.get()
            })
        };
        join!(scope(1), scope(2), scope(3))
    });
    assert_eq!(values, (1, 2, 3));
}

#[test]
fn the_value_is_there_while_the_future_is_dropped_and_gone_after() {
    struct Reads<'a>(&'a Cell<Option<u32>>);
    impl Drop for Reads<'_> {
        fn drop(&mut self) {
            self.0.set(NUMBER.try_get().ok());
        }
    }
    let seen = Cell::new(None);
    for polls in [0, 1] {
        seen.set(None);
        let reads = Reads(&seen);
        let mut future = Box::pin(NUMBER.scope(4, async move {
            let _reads = reads;
            pending::<()>().await;
        }));
        for _ in 0..polls {
            assert!(poll_once(future.as_mut()).is_pending());
        }
        drop(future);
        assert_eq!(seen.get(), Some(4), "{polls}");
    }
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn a_panic_in_a_scope_restores_what_was_set_before() {
    NUMBER.sync_scope(1, || {
        panic_text(|| NUMBER.sync_scope(2, || panic!("inside")));
        assert_eq!(NUMBER.get(), 1);
        panic_text(|| run(NUMBER.scope(2, async { panic!("inside") })));
        assert_eq!(NUMBER.get(), 1);
    });
}

#[test]
fn task_locals_say_what_is_wrong() {
    let text = "cannot access a task-local storage value without setting it first";
    assert_eq!(panic_text(|| NUMBER.get()), text);
    let text = "cannot enter a task-local scope while the task-local storage is borrowed";
    let nested = || NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
    assert_eq!(panic_text(nested), text);
    let mut done = pin!(NUMBER.scope(1, ready(())));
    assert!(poll_once(done.as_mut()).is_ready());
    let text = "`TaskLocalFuture` polled after completion";
    assert_eq!(panic_text(|| poll_once(done.as_mut())), text);
}

#[test]
fn the_value_of_a_finished_future_can_be_taken() {
    let mut future = Box::pin(COUNT.scope(Cell::new(1), async {
        COUNT.with(|count| count.set(count.get() + 1));
    }));
    assert_eq!(
        format!("{future:?}"),
        "TaskLocalFuture { value: Cell { value: 1 } }"
    );
    run(future.as_mut());
    assert_eq!(future.as_mut().take_value(), Some(Cell::new(2)));
    assert_eq!(future.as_mut().take_value(), None);
    assert_eq!(
        format!("{future:?}"),
        "TaskLocalFuture { value: <missing> }"
    );
}

// ---- with a channel ----

#[test]
fn a_receiver_that_loses_keeps_its_message() {
    run(async {
        let (sender, mut receiver) = oneshot::channel();
        select! {
            biased;
            _ = &mut receiver => unreachable!("nothing was sent"),
            _ = ready(()) => sender.send(8).unwrap(),
        }
        assert_eq!(receiver.await, Ok(8));
    });
}
