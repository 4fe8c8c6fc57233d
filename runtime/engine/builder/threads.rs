//! Options of the threads of a runtime: how many, their names, their stacks, their start and end.

use std::sync::Arc;
use std::time::Duration;

use super::Builder;

impl Builder {
    /// The number of workers of a work-stealing runtime.
    ///
    /// The default is the value of the environment variable `WAKEFUL_WORKER_THREADS`, else the
    /// number of CPUs. A single-threaded runtime ignores it.
    ///
    /// # Panics
    ///
    /// If `workers` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_multi_thread().worker_threads(3).build().unwrap();
    /// assert_eq!(runtime.metrics().num_workers(), 3);
    /// ```
    #[track_caller]
    pub fn worker_threads(&mut self, workers: usize) -> &mut Self {
        assert!(
            workers > 0,
            "Worker threads cannot be set to 0: pass 1 or more to `worker_threads`, or use \
             `Builder::new_current_thread`"
        );
        self.worker_threads = Some(workers);
        self
    }

    /// The most threads kept for `spawn_blocking`, `fs` and name resolution. 512 by default.
    ///
    /// They are started when needed. When all are busy, calls wait for one.
    ///
    /// # Panics
    ///
    /// If `threads` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    /// let id = || std::thread::current().id();
    /// let (one, other) = (runtime.spawn_blocking(id), runtime.spawn_blocking(id));
    /// runtime.block_on(async { assert_eq!(one.await.unwrap(), other.await.unwrap()) });
    /// ```
    #[track_caller]
    pub fn max_blocking_threads(&mut self, threads: usize) -> &mut Self {
        assert!(
            threads > 0,
            "Max blocking threads cannot be set to 0: pass 1 or more to `max_blocking_threads`"
        );
        self.max_blocking_threads = threads;
        self
    }

    /// How long a blocking thread waits for another call before it ends. 10 seconds by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread()
    ///     .thread_keep_alive(Duration::from_millis(100)) // calls that block are rare here
    ///     .build()
    ///     .unwrap();
    /// assert_eq!(runtime.block_on(runtime.spawn_blocking(|| 1)).unwrap(), 1);
    /// ```
    pub fn thread_keep_alive(&mut self, time: Duration) -> &mut Self {
        self.keep_alive = time;
        self
    }

    /// The name of every thread of the runtime. `wakeful-worker` by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// let runtime = Builder::new_current_thread().thread_name("pool").build().unwrap();
    /// let name = runtime.spawn_blocking(|| std::thread::current().name().map(String::from));
    /// assert_eq!(runtime.block_on(name).unwrap().as_deref(), Some("pool"));
    /// ```
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name = Arc::new(move || name.clone());
        self
    }

    /// A function that names the runtime's threads, called once for each.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// use wakeful::runtime::Builder;
    ///
    /// let next = AtomicUsize::new(0);
    /// let runtime = Builder::new_current_thread()
    ///     .thread_name_fn(move || format!("pool-{}", next.fetch_add(1, Relaxed)))
    ///     .build()
    ///     .unwrap();
    /// let name = runtime.spawn_blocking(|| std::thread::current().name().map(String::from));
    /// assert!(runtime.block_on(name).unwrap().unwrap().starts_with("pool-"));
    /// ```
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.thread_name = Arc::new(name);
        self
    }

    /// The stack of each thread of the runtime, in bytes. The platform's default if not set.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::Builder;
    ///
    /// fn depth(n: u64) -> u64 {
    ///     if n == 0 { 0 } else { 1 + std::hint::black_box(depth(n - 1)) }
    /// }
    /// let runtime = Builder::new_current_thread().thread_stack_size(64 << 20).build().unwrap();
    /// let deep = runtime.spawn_blocking(|| depth(100_000));
    /// assert_eq!(runtime.block_on(deep).unwrap(), 100_000);
    /// ```
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Called on each thread of the runtime when it starts: workers and blocking threads.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// use wakeful::runtime::Builder;
    ///
    /// static STARTED: AtomicUsize = AtomicUsize::new(0);
    /// let runtime = Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .on_thread_start(|| { STARTED.fetch_add(1, Relaxed); })
    ///     .build()
    ///     .unwrap();
    /// drop(runtime); // waits for its threads
    /// assert_eq!(STARTED.load(Relaxed), 2);
    /// ```
    pub fn on_thread_start(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Called on each thread of the runtime when it ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// use wakeful::runtime::Builder;
    ///
    /// static STOPPED: AtomicUsize = AtomicUsize::new(0);
    /// let runtime = Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .on_thread_stop(|| { STOPPED.fetch_add(1, Relaxed); })
    ///     .build()
    ///     .unwrap();
    /// drop(runtime); // waits for its threads
    /// assert_eq!(STOPPED.load(Relaxed), 2);
    /// ```
    pub fn on_thread_stop(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Called on a worker when it has nothing to do and is about to sleep. It may wake and spawn.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// static RESTED: AtomicBool = AtomicBool::new(false);
    /// let runtime = Builder::new_current_thread()
    ///     .enable_time()
    ///     .on_thread_park(|| RESTED.store(true, Relaxed))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(async { wakeful::time::sleep(Duration::from_millis(1)).await });
    /// assert!(RESTED.load(Relaxed));
    /// ```
    pub fn on_thread_park(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_park = Some(Arc::new(f));
        self
    }

    /// Called on a worker when it wakes up.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::time::Duration;
    /// use wakeful::runtime::Builder;
    ///
    /// static WOKE_UP: AtomicBool = AtomicBool::new(false);
    /// let runtime = Builder::new_current_thread()
    ///     .enable_time()
    ///     .on_thread_unpark(|| WOKE_UP.store(true, Relaxed))
    ///     .build()
    ///     .unwrap();
    /// runtime.block_on(async { wakeful::time::sleep(Duration::from_millis(1)).await });
    /// assert!(WOKE_UP.load(Relaxed));
    /// ```
    pub fn on_thread_unpark(&mut self, f: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.config.on_thread_unpark = Some(Arc::new(f));
        self
    }
}
