//! `#[main]` and `#[test]`: what they make of a function, under which options and names.
#![cfg(not(loom))]

extern crate wakeful as other_name;

use std::num::ParseIntError;
use std::panic::Location;
use std::time::Duration;

use wakeful::runtime::{Handle, RuntimeFlavor};
use wakeful::time::{Instant, sleep};

mod re_exported {
    pub(crate) use ::wakeful as runtime;
}

fn flavor() -> RuntimeFlavor {
    Handle::current().runtime_flavor()
}

#[wakeful::main(flavor = "current_thread")]
async fn helper<T>(value: &T, twice: bool) -> Vec<T>
where
    T: Clone + Send,
{
    let mut copies = vec![value.clone()];
    if twice {
        wakeful::task::yield_now().await;
        copies.push(value.clone());
    }
    copies
}

#[test]
fn a_main_that_is_not_main_takes_arguments_and_generics() {
    assert_eq!(helper(&"a", false), ["a"]);
    assert_eq!(helper(&1, true), [1, 1]);
}

struct Counter(u32);

impl Counter {
    #[wakeful::main(flavor = "current_thread")]
    async fn count(&mut self) -> &u32 {
        self.0 += 1;
        &self.0
    }

    #[wakeful::main(flavor = "local")]
    pub(crate) async fn local(self) -> u32 {
        let shared = std::rc::Rc::new(self.0);
        let task = wakeful::task::spawn_local({
            let shared = shared.clone();
            async move { *shared + 1 }
        });
        task.await.unwrap() + *shared
    }
}

#[test]
fn methods_work_too() {
    let mut counter = Counter(1);
    assert_eq!(*counter.count(), 2);
    assert_eq!(counter.local(), 5);
}

#[wakeful::main(flavor = "current_thread")]
async fn sums(text: &str) -> Result<u32, ParseIntError> {
    let mut sum = 0;
    for number in text.split(' ') {
        sum += number.parse::<u32>()?;
        if sum > 100 {
            return Ok(100);
        }
    }
    Ok(sum)
}

#[test]
fn return_and_question_mark_leave_the_function() {
    assert_eq!(sums("1 2 3"), Ok(6));
    assert_eq!(sums("99 2 x"), Ok(100));
    assert!(sums("1 x").is_err());
}

#[wakeful::main(flavor = "current_thread")]
async fn opaque() -> impl Iterator<Item = u32> {
    1..3
}

#[wakeful::main(flavor = "current_thread")]
async fn never() -> ! {
    panic!("it cannot return")
}

#[test]
fn return_types_that_cannot_be_repeated_work() {
    assert_eq!(opaque().sum::<u32>(), 3);
    assert!(std::panic::catch_unwind(|| -> () { never() }).is_err());
}

#[wakeful::main(flavor = "current_thread")]
async fn hygienic(body: u32) -> u32 {
    #![allow(unused_parens, reason = "an inner attribute belongs to the function")]
    let never = (1);
    let value = 2;
    body + never + value
}

#[test]
fn r53_names_of_the_expansion_do_not_touch_the_user_s() {
    assert_eq!(hygienic(4), 7);
}

#[wakeful::test]
async fn a_test_runs_on_one_thread() {
    assert_eq!(flavor(), RuntimeFlavor::CurrentThread);
}

#[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_runs_on_as_many_workers_as_it_says() {
    assert_eq!(flavor(), RuntimeFlavor::MultiThread);
    assert_eq!(Handle::current().metrics().num_workers(), 2);
}

#[wakeful::main(worker_threads = 3)]
async fn three() -> (RuntimeFlavor, usize) {
    (flavor(), Handle::current().metrics().num_workers())
}

#[wakeful::main]
async fn plain() -> RuntimeFlavor {
    flavor()
}

#[test]
fn main_is_multi_threaded_unless_told_otherwise() {
    assert_eq!(three(), (RuntimeFlavor::MultiThread, 3));
    assert_eq!(plain(), RuntimeFlavor::MultiThread);
}

#[wakeful::test(start_paused = true)]
async fn a_paused_clock_jumps() {
    let start = Instant::now();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(3600));
}

#[wakeful::test(unhandled_panic = "ignore", start_paused = false)]
async fn ignoring_panics_is_what_happens_anyway() {
    let task = wakeful::spawn(async { panic!("ignored") });
    assert!(task.await.unwrap_err().is_panic());
}

#[wakeful::test(unhandled_panic = "shutdown_runtime")]
#[should_panic(expected = "configured to shut down on unhandled panic")]
async fn a_panic_in_a_task_may_end_the_test() {
    let _ = wakeful::spawn(async { panic!("not ignored") }).await;
}

#[wakeful::test(
    flavor = "local",
    unhandled_panic = "shutdown_runtime",
    name = "a name"
)]
async fn a_runtime_has_the_name_it_is_given() {
    let handle = wakeful::runtime::Handle::current();
    assert_eq!(handle.name(), Some("a name"));
}

#[wakeful::test]
#[should_panic(expected = "through block_on")]
async fn attributes_stay_on_the_test() {
    panic!("through block_on");
}

#[wakeful::test]
async fn a_test_may_fail_with_an_error() -> Result<(), ParseIntError> {
    "1".parse::<u32>()?;
    Ok(())
}

#[other_name::test(crate = "other_name")]
async fn r53_the_crate_may_have_another_name() {
    other_name::task::yield_now().await;
}

#[re_exported::runtime::test(crate = "crate::re_exported::runtime", flavor = "local")]
async fn r53_the_crate_may_come_through_another() {
    assert_eq!(flavor(), RuntimeFlavor::CurrentThread);
}

macro_rules! make_test {
    ($name:ident, $vis:vis, $flavor:literal, $result:ty, $body:block) => {
        #[wakeful::test(flavor = $flavor)]
        $vis async fn $name() -> $result $body
    };
}

make_test!(a_test_made_by_a_macro, pub(crate), "current_thread", Result<(), String>, {
    wakeful::task::yield_now().await;
    Ok(())
});

#[wakeful::main(flavor = "current_thread")]
async fn place() -> u32 {
    Location::caller().line()
}

#[test]
fn the_body_keeps_its_places() {
    assert_eq!(place(), line!() - 5);
}

#[test]
fn a_panic_in_the_body_goes_through() {
    #[wakeful::main(flavor = "current_thread")]
    async fn panics() {
        panic!("in main");
    }
    let payload = std::panic::catch_unwind(panics).unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "in main");
}
