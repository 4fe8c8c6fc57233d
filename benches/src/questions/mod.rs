//! The questions, one file each. A question is asked of every runtime, and of floors that use none.

pub mod broadcast;
pub mod chained_spawn;
pub mod channels;
pub mod counter;
pub mod fairness;
pub mod foreign;
pub mod lateness;
pub mod mutex;
pub mod oneshot;
pub mod ping_pong;
pub mod spawn_join;
pub mod timers;
pub mod yield_storm;

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::goals::Goal;
use crate::runtimes::{Kind, Peer};

/// What is asked without a runtime, and how: as many figures as the question has units.
pub type Floor = (&'static str, fn(usize) -> Vec<f64>);

/// A question, and how to ask it.
pub struct Question {
    /// Under which heading it is printed.
    pub topic: &'static str,
    /// What is asked, as printed.
    pub name: &'static str,
    /// What the figures are.
    pub units: &'static [&'static str],
    /// On how many threads it is asked.
    pub threads: &'static [usize],
    /// Whom it cannot be asked of.
    pub except: &'static [(Kind, usize)],
    /// Operations of a round.
    pub size: usize,
    /// Operations of a round of a quick run.
    pub quick: usize,
    /// One round: the figures, for each operation.
    pub ask: fn(&Peer, usize) -> Vec<f64>,
    /// What the same costs without a runtime.
    pub floors: &'static [Floor],
    /// What our figures are held against.
    pub goals: Vec<Goal>,
    /// Whether it is asked once more in a process whose allocator is as it comes.
    pub both_heaps: bool,
}

/// For questions to name what they have in common.
pub(crate) const PLAIN: Question = Question {
    topic: "Tasks",
    name: "",
    units: &[],
    threads: &[1, 2],
    except: &[],
    size: 100_000,
    quick: 10_000,
    ask: |_, _| Vec::new(),
    floors: &[],
    goals: Vec::new(),
    both_heaps: false,
};

/// All questions, in the order of the table.
pub fn all() -> Vec<Question> {
    let mut all = counter::questions();
    all.extend(spawn_join::questions());
    all.extend(yield_storm::questions());
    all.extend(ping_pong::questions());
    all.extend(chained_spawn::questions());
    all.extend(mutex::questions());
    all.extend(oneshot::questions());
    all.extend(channels::questions());
    all.extend(broadcast::questions());
    all.extend(timers::questions());
    all.extend(lateness::questions());
    all.extend(foreign::questions());
    all.extend(fairness::questions());
    all
}

/// Times `work`, and gives nanoseconds for each of `operations`.
pub(crate) fn timed<T>(operations: usize, work: impl FnOnce() -> T) -> Vec<f64> {
    let start = Instant::now();
    black_box(work());
    vec![per(start.elapsed(), operations)]
}

pub(crate) fn per(duration: Duration, operations: usize) -> f64 {
    duration.as_secs_f64() * 1e9 / operations as f64
}

/// CPU time of this process so far, in all its threads.
pub(crate) fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    #[expect(unsafe_code, reason = "std has no call for a process's CPU time")]
    // SAFETY: the pointer is to a `timespec` of ours.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "Linux has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// CPU nanoseconds for each of `operations`.
pub(crate) fn cpu_timed<T>(operations: usize, work: impl FnOnce() -> T) -> Vec<f64> {
    let start = cpu_time();
    black_box(work());
    vec![per(cpu_time() - start, operations)]
}
