//! `select!`: order, patterns, handlers, borrows.

use std::cell::RefCell;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;

use wakeful::sync::oneshot;
use wakeful::{join, select, try_join};

use crate::spies::{after, panic_text, run, spies};

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
        let number = select! {
            text = ready("12x") => text.parse::<u32>().map_err(|e| e.to_string())?,
        };
        select! { _ = ready(()), if number == 0 => return Ok(number), else => {} }
        Ok(number)
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
        async fn future(&mut self) -> u32 {
            after(1).await;
            self.0
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
