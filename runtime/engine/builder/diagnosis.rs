//! `Builder`: who looks at the runtime from outside.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::Builder;
use crate::engine::handle::Handle;
use crate::engine::stall::{self, Stall};
use crate::engine::switches::Switches;

impl Builder {
    /// Watches the runtime: a poll that takes longer than `limit` is reported while it lasts.
    ///
    /// The report says which task it is, where it was spawned and where its last `.await` is. It
    /// goes to stderr, or to [`on_stall`](Self::on_stall). A thread looks at workers a few times
    /// in each limit; the workers pay nothing. A work-stealing runtime gets a spare worker, too: if
    /// all workers are stuck, it takes what they hold. On a single thread nobody can.
    ///
    /// The variable `WAKEFUL=stall:50ms` does the same for a program that does not call this.
    ///
    /// # Panics
    ///
    /// If `limit` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// let (told, stalls) = mpsc::channel();
    /// let runtime = Builder::new_multi_thread()
    ///     .stall(Duration::from_millis(5))
    ///     .on_stall(move |stall| told.send(stall.task().id()).unwrap())
    ///     .build()
    ///     .unwrap();
    /// // It blocks its thread until it was reported.
    /// let task = runtime.spawn(async move { stalls.recv().unwrap() });
    /// let id = task.id();
    /// assert_eq!(runtime.block_on(task).unwrap(), id);
    /// ```
    #[track_caller]
    pub fn stall(&mut self, limit: Duration) -> &mut Self {
        assert!(
            !limit.is_zero(),
            "the longest poll must be longer than nothing"
        );
        self.stall = Some(limit);
        self
    }

    /// Who is told of a poll that takes too long, instead of stderr. See [`stall`](Self::stall).
    ///
    /// It is called on a thread of its own, and should be short: the next look comes after it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .stall(Duration::from_millis(50))
    ///     .on_stall(|stall| eprintln!("{stall}"))
    ///     .build()
    ///     .unwrap();
    /// # drop(runtime);
    /// ```
    pub fn on_stall<F>(&mut self, report: F) -> &mut Self
    where
        F: Fn(&Stall) + Send + Sync + 'static,
    {
        self.on_stall = Some(Arc::new(report));
        self
    }

    /// A runtime of our own, which nobody is to see.
    #[cfg(all(unix, feature = "signal"))]
    pub(crate) fn build_unseen(&mut self) -> io::Result<crate::engine::runtime::Runtime> {
        self.build_unwatched(None, &Switches::default())
            .map(crate::engine::runtime::Runtime::from_handle)
    }

    /// How long a poll may take before it is reported.
    pub(super) fn longest_poll(&self, switches: &Switches) -> Option<Duration> {
        self.stall.or(switches.stall)
    }

    /// The runtime is built: whoever was asked to look at it begins.
    pub(super) fn watch(&self, handle: &Handle, switches: &Switches) -> io::Result<()> {
        if let Some(limit) = self.longest_poll(switches) {
            stall::watch(handle, limit, self.on_stall.clone())?;
        }
        if switches.inspect || switches.dump {
            inspect(handle, switches);
        }
        Ok(())
    }
}

#[cfg(unix)]
use crate::inspect::show as inspect;

#[cfg(not(unix))]
fn inspect(_: &Handle, _: &Switches) {
    eprintln!("wakeful: a process can be looked into on Unix only");
}
