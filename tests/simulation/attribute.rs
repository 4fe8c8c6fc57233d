//! `#[wakeful::test(sim)]`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use wakeful::runtime::Handle;
use wakeful::task::yield_now;

static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Run by the test below, so that its runs are counted.
#[wakeful::test(sim, seeds = 30, workers = 2)]
#[ignore = "a part of another test"]
async fn counted() {
    assert_eq!(Handle::current().metrics().num_workers(), 2);
    yield_now().await;
    RUNS.fetch_add(1, SeqCst);
}

#[test]
fn each_seed_is_run() {
    counted();
    let seeds = match std::env::var_os("WAKEFUL_SEED") {
        Some(_) => 1,
        None => std::env::var("WAKEFUL_SEEDS").map_or(30, |text| text.parse().unwrap()),
    };
    assert_eq!(RUNS.load(SeqCst), seeds);
}

#[wakeful::test(sim)]
async fn a_body_may_give_a_result() -> Result<(), std::num::ParseIntError> {
    let number: u8 = "5".parse()?;
    assert_eq!(number, 5);
    if wakeful::spawn(async { true }).await.unwrap() {
        return Ok(());
    }
    unreachable!("a return in the midst of it is typed, too")
}

#[wakeful::test(sim, seeds = 2)]
async fn or_what_cannot_be_named() -> impl std::process::Termination {
    ExitCode::SUCCESS
}

#[wakeful::test(sim, seeds = 2, crate = wakeful)]
#[should_panic(expected = "the body gave an error\nwith seed ")]
async fn an_error_fails() -> Result<(), String> {
    Err("on purpose".to_owned())
}
