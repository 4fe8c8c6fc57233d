//! Tests that fail for async reasons: what `#[wakeful::test]` runs its body with.
//!
//! A strict test fails if a task outlives it, if a task panics and nobody can learn of it, and if
//! it can never end. Called by the expansion of the attribute (`macros::strictly`).
//!
//! A deadlock is reported by the thread that is about to sleep, when it is certain:
//! - no waker of the main future is left; or
//! - there is no task to run, no source of I/O, no timer that will fire, no call on the blocking
//!   pool, and the process has no thread that could wake anything: none besides this one, those of
//!   other strict tests that wait in the same way, idle ones of their pools, and the one that waits
//!   for the harness. While there are others the question is put again every now and then, so a
//!   deadlock in one of many tests that run beside each other is reported once the others are done.
//!
//! Absent: the second look on the work-stealing scheduler, and where `/proc` does not list threads.

use std::future::{Future, poll_fn};
use std::process::{self, ExitCode, Termination};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};
use std::{fs, mem};

use super::builder::Builder;
use super::config::Judge;
use super::context;
use super::dump::TaskState;
use super::handle::{Handle, Id, WeakHandle};
use super::local_runtime::{LocalOptions, LocalRuntime};
use super::runtime::Runtime;
use super::task;
use crate::primitives::Mutex;

/// How long tasks have to end after the body of a test, by the machine's clock. A task that is on
/// its way takes microseconds; only a test that fails waits so long.
const GRACE: Duration = Duration::from_millis(100);

const HOW_NOT: &str = "If that is meant, the test says `#[wakeful::test(strict = false)]`";

/// Strict tests that run, and what they heard of panics.
static TESTS: Mutex<Vec<(Id, Vec<String>)>> = Mutex::new(Vec::new());

/// Runs `body` as a test on the runtime that `builder` makes.
///
/// # Panics
///
/// If the runtime cannot be built; if the body gives an error; if it or its tasks do what a strict
/// test may not.
#[track_caller]
pub fn strictly<F>(builder: &mut Builder, is_local: bool, body: F)
where
    F: Future,
    F::Output: Termination,
{
    let runtime = Tested::build(builder, is_local);
    let test = Test::begin(runtime.handle());
    let output = runtime.block_on(body);
    if output.report() != ExitCode::SUCCESS {
        panic!("the test gave an error");
    }
    let alive = || runtime.handle().metrics().num_alive_tasks() > 0;
    let given_up = Instant::now() + GRACE;
    if alive() {
        // Each look is a turn of the main future, between which tasks have theirs.
        runtime.block_on(poll_fn(|cx| {
            if !alive() || Instant::now() >= given_up {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
    }
    if alive() {
        panic!("{}", outlived(runtime.handle()));
    }
    if let Some(panic) = test.heard().into_iter().next() {
        panic!("{panic}. {HOW_NOT}");
    }
}

/// What is left, and what to do about it.
fn outlived(handle: &Handle) -> String {
    let dump = handle.dump();
    let tasks: Vec<String> = dump
        .tasks()
        .map(ToString::to_string)
        .filter(|task| !task.starts_with("blocking"))
        .collect();
    format!(
        "{} outlived the test: await its handle, abort it, or keep it in a `JoinSet`. {HOW_NOT}\n\
         {}",
        match tasks.len() {
            1 => "a task".to_owned(),
            count => format!("{count} tasks"),
        },
        tasks.join("\n")
    )
}

/// The runtime of a test.
enum Tested {
    Runtime(Runtime),
    Local(LocalRuntime),
}

impl Tested {
    #[track_caller]
    fn build(builder: &mut Builder, is_local: bool) -> Self {
        let watch = Arc::new(Watch(OnceLock::new()));
        builder.judge(watch.clone());
        let built = match is_local {
            true => builder
                .build_local(LocalOptions::default())
                .map(Self::Local),
            false => builder.build().map(Self::Runtime),
        };
        let built = built.expect("Failed building the Runtime");
        watch.0.get_or_init(|| built.handle().downgrade());
        built
    }

    fn handle(&self) -> &Handle {
        match self {
            Self::Runtime(runtime) => runtime.handle(),
            Self::Local(runtime) => runtime.handle(),
        }
    }

    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Self::Runtime(runtime) => runtime.block_on(future),
            Self::Local(runtime) => runtime.block_on(future),
        }
    }
}

fn deadlock(handle: &Handle, is_lost: bool) -> String {
    let why = match is_lost {
        true => "the test waits, and no waker of it is left",
        false => "nothing can run, no timer is set, no I/O is watched, and no other thread is left",
    };
    format!("deadlock: {why}; {}", handle.dump())
}

/// Sleeping threads of strict tests, each with its runtime, and whether it is the process's first.
///
/// Who is in here does nothing until it has taken itself out. So with the lock held, and no other
/// thread in the process, nothing happens anywhere.
static ASLEEP: Mutex<Vec<(Handle, bool)>> = Mutex::new(Vec::new());

/// The judge of one test.
struct Watch(OnceLock<WeakHandle>);

impl Judge for Watch {
    fn lies_down(&self, is_lost: bool) -> Option<String> {
        let handle = self.0.get().and_then(WeakHandle::upgrade)?;
        if is_lost {
            return Some(deadlock(&handle, true));
        }
        let is_first = is_first_thread()?;
        let mut asleep = ASLEEP.lock();
        asleep.push((handle.clone(), is_first));
        if !nothing_can_happen(&asleep) {
            return None;
        }
        drop(asleep);
        self.gets_up();
        Some(deadlock(&handle, false))
    }

    fn gets_up(&self) {
        if let Some(handle) = self.0.get().and_then(WeakHandle::upgrade) {
            let mut asleep = ASLEEP.lock();
            let (own, others) = mem::take(&mut *asleep)
                .into_iter()
                .partition(|(other, _)| other.id() == handle.id());
            *asleep = others;
            drop(asleep);
            drop::<Vec<_>>(own);
        }
    }
}

/// True if the process has no thread but those `asleep`, the one that waits for the harness, and
/// those that wait for calls on the pools of their runtimes; and nobody who sleeps was woken by one
/// that is gone.
fn nothing_can_happen(asleep: &[(Handle, bool)]) -> bool {
    let pools = || {
        asleep
            .iter()
            .map(|(handle, _)| handle.parts().pool.at_rest())
    };
    // They do nothing between the two looks, or the second says that they did.
    let Some(before) = pools().collect::<Option<Vec<_>>>() else {
        return false;
    };
    let in_pools: usize = before.iter().map(|(_, threads)| threads).sum();
    let harness = usize::from(!asleep.iter().any(|(_, is_first)| *is_first));
    threads() == Some(asleep.len() + in_pools + harness)
        && asleep.iter().all(|(handle, _)| waits_in_vain(handle))
        && pools().eq(before.into_iter().map(Some))
}

/// True if no task of the runtime is due, and its thread waits for another's call alone.
fn waits_in_vain(handle: &Handle) -> bool {
    let dump = handle.dump();
    dump.tasks().all(|task| task.state() == TaskState::Idle)
        && handle.parts().driver.expects_nothing()
}

/// How many threads the process has. `None`: it cannot be told.
///
/// A count, which the kernel keeps exactly. Its list of threads may miss one that was started by
/// one that ends while the list is read.
fn threads() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let threads = lines.find_map(|line| line.strip_prefix("Threads:"))?;
    threads.trim().parse().ok()
}

/// True on the thread that `main` runs on. In a test another waits there for the harness.
fn is_first_thread() -> Option<bool> {
    let own = fs::read_link("/proc/thread-self").ok()?;
    Some(*own.file_name()? == *process::id().to_string())
}

/// While it lives, panics of tasks that nobody can observe are kept for it.
struct Test(Id);

impl Test {
    fn begin(handle: &Handle) -> Self {
        task::also_tell(|text| {
            let Some(id) = context::with_current(Handle::id) else {
                return;
            };
            let mut tests = TESTS.lock();
            if let Some((_, heard)) = tests.iter_mut().find(|(test, _)| *test == id) {
                heard.push(text);
            }
        });
        TESTS.lock().push((handle.id(), Vec::new()));
        Self(handle.id())
    }

    fn heard(&self) -> Vec<String> {
        let mut tests = TESTS.lock();
        let own = tests.iter_mut().find(|(test, _)| *test == self.0);
        own.map(|(_, heard)| std::mem::take(heard))
            .unwrap_or_default()
    }
}

impl Drop for Test {
    fn drop(&mut self) {
        TESTS.lock().retain(|(test, _)| *test != self.0);
    }
}
