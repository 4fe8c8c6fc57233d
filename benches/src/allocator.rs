//! glibc's allocator, told to keep what it has.
//!
//! By default glibc gives the top of the heap back to the kernel when enough of it is free, and a
//! round that frees 100,000 tasks frees enough. The next round then pays a page fault for each page
//! it gets back, and a bench of executors becomes a bench of page faults. Whom it hits hardest
//! depends on the size of a task. So each figure comes with the setting it was taken under.

/// What happens to memory that is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As the process finds it: what a program that sets nothing gets.
    Default,
    /// Freed memory stays in the process.
    Kept,
}

impl Mode {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Kept => "kept",
        }
    }

    /// The opposite of [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Default, Self::Kept]
            .into_iter()
            .find(|mode| mode.name() == name)
    }

    /// Applies the mode to the process, for all peers alike. Call it before the first round. False
    /// if this platform has no such setting.
    pub fn apply(self) -> bool {
        match self {
            Self::Default => true,
            Self::Kept => keep(),
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep() -> bool {
    const GIBIBYTE: libc::c_int = 1 << 30;
    const LARGEST_THRESHOLD: libc::c_int = 32 << 20;
    let settings = [
        (libc::M_TRIM_THRESHOLD, GIBIBYTE),
        (libc::M_TOP_PAD, 64 << 20),
        // The vector of join handles, too, comes from the heap and not from a fresh mapping.
        (libc::M_MMAP_THRESHOLD, LARGEST_THRESHOLD),
    ];
    settings.into_iter().all(|(name, value)| {
        #[expect(unsafe_code, reason = "std has no call for the allocator's settings")]
        // SAFETY: plain integers; `mallopt` checks both and says no by returning 0.
        let done = unsafe { libc::mallopt(name, value) };
        done == 1
    })
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep() -> bool {
    false
}
