//! The thread on the seat: its loop, its sleep, and how it leaves.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use super::{CURRENT, Seat, Shared};
use crate::engine::config::{self, JUDGE_AGAIN};
use crate::engine::driver::Driver;
use crate::engine::hooks;
use crate::engine::park::Parked;
use crate::engine::task::list::TaskList;
use crate::engine::task::main_task::MainTask;
use crate::engine::task::{Arena, pool};
use crate::leaf;
use crate::primitives::atomic::Ordering::Relaxed;

/// A thread on the seat. Gives it back when dropped, also by a panic of the main future.
pub(super) struct Worker<'a> {
    shared: &'a Arc<Shared>,
    driver: Option<Driver>,
    /// The arena and queue this thread had before: `block_on` may be called inside a `LocalSet`.
    outer_arena: Option<Box<Arena>>,
    outer_shared: *const Shared,
    outer_queue: TaskList,
    /// Polls until the inbox is looked into although the queue is not empty.
    until_look: u32,
    _alone: leaf::Alone,
}

impl<'a> Worker<'a> {
    pub(super) fn sit(shared: &'a Arc<Shared>, parked: &Arc<Parked>) -> Option<Self> {
        let mut vacancy = shared.seat.lock();
        vacancy.waiting.retain(|other| !Arc::ptr_eq(other, parked));
        let Some(seat) = vacancy.seat.take() else {
            vacancy.waiting.push(Arc::clone(parked));
            return None;
        };
        drop(vacancy);
        shared.counters.set_thread(Some(thread::current().id()));
        shared.counters.begin_work();
        Some(Self {
            shared,
            driver: Some(seat.driver),
            outer_arena: pool::install(Some(seat.arena)),
            outer_shared: CURRENT.with(|current| current.shared.replace(Arc::as_ptr(shared))),
            outer_queue: CURRENT.with(|current| current.queue.replace(seat.queue)),
            until_look: shared.config.global_queue_interval,
            _alone: leaf::Alone::begin(),
        })
    }

    /// `None`: a task has panicked, and the runtime is to end.
    pub(super) fn block_on<F: Future>(
        &mut self,
        mut future: Pin<&mut F>,
        called: &'static Location<'static>,
    ) -> Option<F::Output> {
        let main = pool::with_local(|arena| MainTask::new::<Shared>(arena, called));
        let event_interval = self.shared.config.event_interval;
        let mut polls = 0;
        // Tasks that come before the main future's next turn: it has yielded.
        let mut round = 0;
        loop {
            if round == 0 && main.is_woken() {
                polls += 1;
                self.shared.counters.begin_main_poll(main.as_ptr());
                let polled = main.poll(future.as_mut());
                self.shared.counters.end_main_poll();
                if let Poll::Ready(output) = polled {
                    return Some(output);
                }
                if main.is_woken() {
                    let queued = self.with_queue(|queue| queue.len());
                    round = u32::try_from(queued).unwrap_or(u32::MAX);
                }
            }
            let mut left = event_interval.saturating_sub(polls);
            if round > 0 {
                left = left.min(round);
            }
            let (ran, queued) = match self.shared.config.watch_polls {
                false => self.run::<false>(left),
                true => self.run::<true>(left),
            };
            polls += ran;
            round = if queued { round.saturating_sub(ran) } else { 0 };
            // It waits for something by yielding: what it waits for may be an event.
            let main_alone = !queued && ran == 0;
            if self.shared.panicked.load(Relaxed) {
                return None;
            }
            if !queued && !main.is_woken() {
                self.park(&main);
                polls = 0;
            } else if polls >= event_interval || main_alone {
                self.turn();
                polls = 0;
            }
        }
    }

    /// Runs up to `most` tasks. Says how many, and false if there were no more.
    #[inline]
    fn run<const WATCHED: bool>(&mut self, most: u32) -> (u32, bool) {
        let mut ran = 0;
        while ran < most {
            if !self.step::<WATCHED>() {
                return (ran, false);
            }
            ran += 1;
        }
        (ran, true)
    }

    /// One scheduling decision: runs the next task. False if there is none.
    #[inline]
    fn step<const WATCHED: bool>(&mut self) -> bool {
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = self.shared.config.global_queue_interval;
            self.with_queue(|queue| self.shared.collect(queue));
        }
        let Some(task) = self.with_queue(|queue| {
            queue.pop_front().or_else(|| {
                self.shared.collect(queue);
                queue.pop_front()
            })
        }) else {
            return false;
        };
        let Shared {
            config, counters, ..
        } = &**self.shared;
        counters.begin_poll(task.as_ptr());
        let polled = match WATCHED {
            false => task.run(),
            true => hooks::run(task, config, counters, || true),
        };
        counters.end_poll();
        if let Err(again) = polled {
            counters.scheduled.add(1);
            self.with_queue(|queue| queue.push_back(again));
        }
        true
    }

    /// Sleeps until there is something to do.
    fn park(&mut self, main: &MainTask) {
        let shared = self.shared;
        // Before the last look: a hook may wake or spawn.
        config::call(&shared.config.on_thread_park);
        // L2.
        shared.asleep.listen();
        let has_work = self
            .with_queue(|queue| !queue.is_empty() || !shared.inbox.is_empty() || main.is_woken());
        if has_work {
            self.driver().park(Some(Duration::ZERO));
        } else {
            let limit = self.judge(main);
            shared.counters.park();
            self.driver().park(limit);
            if let (Some(judge), Some(_)) = (&shared.config.judge, limit) {
                judge.gets_up();
            }
            shared.counters.unpark();
        }
        shared.asleep.stop();
        config::call(&shared.config.on_thread_unpark);
    }

    /// In a strict test: panics if this sleep would not end. Says how long it may be.
    fn judge(&self, main: &MainTask) -> Option<Duration> {
        let shared = self.shared;
        let judge = shared.config.judge.as_ref()?;
        let is_lost = main.is_lost() && !shared.config.unhandled_panic.may_end_main();
        if !is_lost && !shared.driver.expects_nothing() {
            return None;
        }
        if let Some(found) = judge.lies_down(is_lost) {
            panic!("{found}");
        }
        Some(JUDGE_AGAIN)
    }

    /// Looks at I/O and timers without sleeping.
    fn turn(&mut self) {
        if !self.shared.driver.is_quiet() {
            self.driver().park(Some(Duration::ZERO));
        }
    }

    fn driver(&mut self) -> &mut Driver {
        self.driver
            .as_mut()
            .expect("a worker has the driver until it is dropped")
    }

    #[inline]
    fn with_queue<R>(&self, f: impl FnOnce(&TaskList) -> R) -> R {
        CURRENT.with(|current| f(&current.queue))
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        self.shared.counters.end_work();
        let queue = CURRENT.with(|current| {
            current.shared.set(self.outer_shared);
            current.queue.replace(self.outer_queue.take())
        });
        let arena = pool::install(self.outer_arena.take());
        let (Some(arena), Some(driver)) = (arena, self.driver.take()) else {
            unreachable!("a worker's thread sits until here");
        };
        // Whoever waits for it is told when our `Queued` goes.
        let seat = Seat {
            queue,
            arena,
            driver,
        };
        self.shared.seat.lock().seat = Some(seat);
    }
}
