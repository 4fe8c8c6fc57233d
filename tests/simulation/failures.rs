//! What a simulation says when it fails.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use wakeful::runtime::Builder as Runtime;
use wakeful::sim::{self, Builder};
use wakeful::sync::{Mutex, oneshot};
use wakeful::task::{block_in_place, spawn_blocking, yield_now};

/// The message of the panic that `f` ends with.
#[track_caller]
fn message(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it fails");
    text(&*panic)
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.expect("a message").to_owned()
}

#[test]
fn a_panic_names_the_seed() {
    let said = message(|| sim::run(77, async { panic!("on purpose") }));
    assert_eq!(said, "on purpose\nin a simulation with seed 77");
    // What is not a text goes on as it is.
    let panic = catch_unwind(|| sim::run(1, async { std::panic::panic_any(5_u8) }));
    assert_eq!(*panic.unwrap_err().downcast::<u8>().unwrap(), 5);
    // Nothing of it stays on the thread.
    assert_eq!(sim::run(2, async { 3 }), 3);
}

#[test]
fn a_panic_in_what_the_body_holds_is_one_too() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("dropped on purpose");
        }
    }
    let said = message(|| {
        sim::run(1, async {
            wakeful::spawn(async { 1 }).await.unwrap();
            let _bad = Bad;
            yield_now().await;
        });
    });
    assert!(said.starts_with("dropped on purpose\n"), "{said}");
}

/// Adds one in a way that loses what others add meanwhile.
async fn add_badly(number: Arc<AtomicU32>) {
    let before = number.load(Relaxed);
    yield_now().await;
    number.store(before + 1, Relaxed);
}

async fn two_add_badly() {
    let number = Arc::new(AtomicU32::new(0));
    let tasks = [(), ()].map(|()| wakeful::spawn(add_badly(Arc::clone(&number))));
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(number.load(Relaxed), 2);
}

#[test]
fn a_race_is_found_and_found_again() {
    let said = message(|| sim::explore(0..1000, two_add_badly));
    let rest = said.split("with seed ").nth(1).expect("the seed");
    let seed: u64 = rest.split(',').next().unwrap().parse().expect("a number");
    let test = "failures::a_race_is_found_and_found_again";
    assert!(said.ends_with(&format!("again: WAKEFUL_SEED={seed} cargo test {test}")));
    for _ in 0..3 {
        message(|| sim::run(seed, two_add_badly()));
    }
    assert!(
        (0..1000).any(|seed| catch_unwind(|| sim::run(seed, two_add_badly())).is_ok()),
        "some seeds do not show it"
    );
}

#[test]
fn an_error_of_the_body_is_a_failure() {
    let said = message(|| sim::explore([4], || async { Err::<(), _>("no") }));
    assert!(
        // Which seed, the environment may decide.
        said.starts_with("the body gave an error\nwith seed "),
        "{said}"
    );
    sim::explore(0..5, || async { Ok::<_, String>(()) });
}

#[test]
fn a_deadlock_is_told_at_once() {
    let said = message(|| {
        sim::run(9, async {
            let first = Arc::new(Mutex::new(()));
            let second = Arc::clone(&first);
            let held = first.lock().await;
            wakeful::spawn(async move { drop(second.lock().await) })
                .await
                .unwrap();
            drop(held);
        });
    });
    assert!(said.starts_with("deadlock: nothing can run, "), "{said}");
    assert!(said.contains("2 live tasks"), "{said}");
    assert!(said.ends_with("\nin a simulation with seed 9"), "{said}");
    assert!(said.contains("waits for Mutex"), "{said}");
    assert!(said.contains("tests/simulation/failures.rs"), "{said}");
    // Its tasks are dropped, and the thread is as it was.
    assert_eq!(sim::run(9, async { 1 }), 1);
}

#[test]
fn to_wait_on_the_thread_is_refused() {
    let blocking = || {
        let (_sender, receiver) = oneshot::channel::<()>();
        let _ = receiver.blocking_recv();
    };
    sim::run(1, async move {
        let panicked = spawn_blocking(blocking).await.unwrap_err();
        assert!(text(&*panicked.into_panic()).contains("a simulation has one thread"));
        let inner = wakeful::spawn(async move { block_in_place(blocking) }).await;
        assert!(text(&*inner.unwrap_err().into_panic()).contains("a simulation has one thread"));
        let handle = wakeful::runtime::Handle::current();
        let waits = spawn_blocking(move || handle.block_on(std::future::pending::<()>()));
        assert!(waits.await.unwrap_err().is_panic());
    });
}

#[test]
fn simulations_do_not_nest() {
    let said = message(|| sim::run(1, async { sim::run(2, async {}) }));
    assert!(
        said.starts_with("a simulation cannot run inside of a simulation"),
        "{said}"
    );
    let runtime = Runtime::new_current_thread().build().unwrap();
    let said = message(|| runtime.block_on(async { sim::run(2, async {}) }));
    assert!(said.contains("`sim::run`"), "{said}");
    let said = message(|| sim::run(1, async { wakeful::time::resume() }));
    assert!(said.starts_with("a simulation's clock"), "{said}");
    let said = message(|| {
        Builder::new(1).workers(0);
    });
    assert!(said.contains("at least 1 worker"), "{said}");
}

/// Says which seeds it runs. Not a test of its own: `the_environment_names_seeds` runs it.
#[test]
#[ignore = "a part of another test"]
fn tell_seeds() {
    let mut runs = 0;
    Builder::new(0).explore(10..13, || {
        runs += 1;
        async {}
    });
    println!("{runs} runs");
    let first = wakeful::sim::explore;
    first(20..23, || async { panic!("told") });
}

#[test]
fn the_environment_names_seeds() {
    let tell = |variable: &str, value: &str| {
        let this = std::env::current_exe().unwrap();
        let output = Command::new(this)
            .args([
                "--exact",
                "failures::tell_seeds",
                "--ignored",
                "--nocapture",
            ])
            .env_remove("WAKEFUL_SEED")
            .env_remove("WAKEFUL_SEEDS")
            .env(variable, value)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    };
    let check = |variable: &str, value: &str, runs: &str, first: &str| {
        let told = tell(variable, value);
        assert!(told.contains(runs), "{told}");
        assert!(
            told.contains(&format!("with seed {first}, after 0 that passed")),
            "{told}"
        );
    };
    check("OTHER", "", "3 runs", "20");
    check("WAKEFUL_SEED", "5", "1 runs", "5");
    check("WAKEFUL_SEED", "0x1F", "1 runs", "31");
    check("WAKEFUL_SEEDS", "7", "7 runs", "0");
    assert!(tell("WAKEFUL_SEED", "five").contains("WAKEFUL_SEED=five: invalid digit"));
}
