//! What this process holds: descriptors, threads, memory.

use std::fmt;

/// Memory may be this much more than it was, in MiB and in parts of it: heaps do not give back all.
const SLACK: (f64, f64) = (32.0, 0.2);

#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Resident, in MiB.
    pub(crate) memory: f64,
}

impl Held {
    pub(crate) fn now() -> Self {
        let count = |path| std::fs::read_dir(path).map_or(0, Iterator::count);
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            memory: pages.unwrap_or(0.0) * 4096.0 / f64::from(1 << 20),
        }
    }

    pub(crate) fn compare(&self, before: &Held, when: &str, complaints: &mut Vec<String>) {
        if self.descriptors != before.descriptors || self.threads > before.threads {
            complaints.push(format!("{when}: {self}, and {before} before"));
        }
        if self.memory > before.memory * (1.0 + SLACK.1) + SLACK.0 {
            complaints.push(format!("{when}: memory grew, {self}, and {before} before"));
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held {
            descriptors,
            threads,
            memory,
        } = self;
        write!(
            f,
            "{descriptors} descriptors, {threads} threads, {memory:.0} MiB"
        )
    }
}

/// Raises the soft limit to the hard one; gives back how many there may be.
#[expect(unsafe_code, reason = "std has no limits of resources")]
pub(crate) fn raise_descriptors() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes a `rlimit` where there is one.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 1024;
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the kernel reads a `rlimit` that is there.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}
