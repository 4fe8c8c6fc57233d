//! A thread that notices polls which take too long: `Builder::stall`, `WAKEFUL=stall:50ms`.
//!
//! Started when a runtime is built, if it was asked for; otherwise nothing here runs. It looks at
//! what each worker polls a few times in each limit: the header, and how many polls the worker has
//! begun, which workers write for metrics and sentinels anyway. If both are the same for the limit,
//! it is one poll. What is said of the task is what a dump says.
//!
//! A stall is reported once for each poll, while it lasts. `block_in_place` is no stall: it leaves
//! the worker's seat first. A task of a `LocalSet` is reported as the task that polls the set.
//!
//! Absent: ending the poll. A future cannot be stopped; that others go on is the business of the
//! sentinel, and of the spare worker that a runtime has if it is watched (ARCHITECTURE.md, 6).

use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::dump::TaskDump;
use super::handle::{Handle, Scheduler, WeakHandle};
use super::metrics::Counters;

/// Looks in each limit: a stall is found after at most this part more than the limit.
const LOOKS: u32 = 4;
/// The longest time between two looks, so that the thread of a runtime that is gone goes, too.
const LONGEST: Duration = Duration::from_millis(100);

/// Whom a stall is told.
pub(crate) type Report = Arc<dyn Fn(&Stall) + Send + Sync>;

/// A poll that takes long, while it lasts. See
/// [`Builder::stall`](crate::runtime::Builder::stall).
///
/// # Examples
///
/// ```
/// use wakeful::runtime::Stall;
///
/// fn tell(stall: &Stall) {
///     eprintln!("{:?}: {stall}", stall.task().name());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Stall {
    task: TaskDump,
    lasted: Duration,
}

impl Stall {
    /// The task that is being polled, or the future of a `block_on`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Stall;
    ///
    /// fn tell(stall: &Stall) {
    ///     eprintln!("it waited last at {:?}", stall.task().last_await());
    /// }
    /// ```
    #[must_use]
    pub fn task(&self) -> &TaskDump {
        &self.task
    }

    /// How long the poll has been seen to go on. It began a little earlier.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Stall;
    ///
    /// fn tell(stall: &Stall) {
    ///     eprintln!("one poll for {} ms", stall.lasted().as_millis());
    /// }
    /// ```
    #[must_use]
    pub fn lasted(&self) -> Duration {
        self.lasted
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = &self.task;
        write!(f, "stall: {} #{}", task.kind(), task.id())?;
        if let Some(name) = task.name() {
            write!(f, " {name:?}")?;
        }
        write!(f, ", spawned at {},", task.spawned_at())?;
        write!(
            f,
            " has been in one poll for {} ms",
            self.lasted.as_millis()
        )?;
        match task.last_await() {
            Some(site) => write!(f, "; its last await is at {site}"),
            None => write!(f, "; it has not waited before"),
        }
    }
}

fn print(stall: &Stall) {
    let _ = writeln!(io::stderr(), "wakeful: {stall}");
}

/// What one worker was found polling.
#[derive(Clone, Copy)]
struct Seen {
    header: usize,
    polls: u64,
    since: Instant,
    told: bool,
}

/// Starts the thread that watches this runtime.
///
/// # Errors
///
/// If the system refuses it.
pub(crate) fn watch(handle: &Handle, limit: Duration, report: Option<Report>) -> io::Result<()> {
    let runtime = handle.downgrade();
    let report = report.unwrap_or_else(|| Arc::new(print));
    let thread = thread::Builder::new().name("wakeful-stall".to_owned());
    let work = move || {
        let mut seen = Vec::new();
        let pause = (limit / LOOKS).clamp(Duration::from_micros(100), LONGEST);
        while look(&runtime, limit, &mut seen, &report) {
            thread::sleep(pause);
        }
    };
    thread.spawn(work).map(drop)
}

/// Looks at each worker once. False: the runtime is gone.
fn look(
    runtime: &WeakHandle,
    limit: Duration,
    seen: &mut Vec<Option<Seen>>,
    report: &Report,
) -> bool {
    let Some(handle) = runtime.upgrade().filter(|handle| !handle.is_shut_down()) else {
        return false;
    };
    each_worker(&handle, |worker, counters| {
        seen.resize(seen.len().max(worker + 1), None);
        let slot = &mut seen[worker];
        let Some(poll) = now(counters) else {
            *slot = None;
            return;
        };
        let is_same = |seen: &&mut Seen| (seen.header, seen.polls) == poll;
        let Some(seen) = slot.as_mut().filter(is_same) else {
            let (header, polls) = poll;
            let since = Instant::now();
            *slot = Some(Seen {
                header,
                polls,
                since,
                told: false,
            });
            return;
        };
        let lasted = seen.since.elapsed();
        if lasted < limit || seen.told {
            return;
        }
        let task = handle.dump().into_task_at(seen.header);
        // It is the task of this poll if the poll still goes on.
        let Some(task) = task.filter(|_| now(counters) == Some(poll)) else {
            return;
        };
        seen.told = true;
        let stall = Stall { task, lasted };
        let _ = catch_unwind(AssertUnwindSafe(|| report(&stall))).map_err(std::mem::forget);
    });
    true
}

/// What a worker polls, and the number of that poll.
fn now(counters: &Counters) -> Option<(usize, u64)> {
    let header = counters.running().addr();
    (header != 0).then(|| (header, counters.polls.get()))
}

fn each_worker(handle: &Handle, mut look: impl FnMut(usize, &Counters)) {
    match &handle.parts().scheduler {
        Scheduler::Local(shared) => look(0, &shared.counters),
        Scheduler::Stealing(shared) => {
            for (worker, counters) in shared.all_counters().enumerate() {
                look(worker, counters);
            }
        }
    }
}
