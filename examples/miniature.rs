//! An async runtime in one file, on std alone: the ring that the whole library is about.
//!
//! ```text
//! spawn --> queue --> executor --poll--> future --Pending: its waker stays with--> timer or task
//!             ^                                                                        |
//!             +----------------------------------- wake -------------------------------+
//! ```
//!
//! Nobody asks twice: between two polls of a task somebody woke it, and while the queue is empty
//! the executor's thread sleeps. `runtime/engine` has the same parts, made fast.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// The tasks that somebody woke and nobody polled since.
static QUEUE: Mutex<VecDeque<Arc<Task>>> = Mutex::new(VecDeque::new());
/// The executor sleeps on this while the queue is empty.
static FILLED: Condvar = Condvar::new();
static POLLS: AtomicUsize = AtomicUsize::new(0);

/// A future on its way. `None` once it is done: a late wake finds nothing to poll.
struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

/// A waker is a counted pointer to its task. To wake is to queue.
impl Wake for Task {
    fn wake(self: Arc<Self>) {
        QUEUE.lock().unwrap().push_back(self);
        FILLED.notify_one();
    }
}

/// What a task and the one who awaits it share: the output, and whom to wake for it.
type Join<T> = Arc<Mutex<(Option<T>, Option<Waker>)>>;

struct JoinHandle<T>(Join<T>);

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut join = self.0.lock().unwrap();
        join.1 = Some(cx.waker().clone());
        join.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let join: Join<T> = Arc::default();
    let handle = JoinHandle(join.clone());
    let future = async move {
        let output = future.await;
        join.lock().unwrap().0 = Some(output);
        let waiting = join.lock().unwrap().1.take();
        waiting.inspect(Waker::wake_by_ref);
    };
    let future = Mutex::new(Some(Box::pin(future) as Pin<Box<_>>));
    Arc::new(Task { future }).wake();
    handle
}

/// The executor: polls what is queued until the main future is done.
fn block_on<T: Send + 'static>(main: impl Future<Output = T> + Send + 'static) -> T {
    thread::spawn(fire_timers);
    let main = spawn(main);
    loop {
        if let Some(output) = main.0.lock().unwrap().0.take() {
            return output;
        }
        let queue = FILLED.wait_while(QUEUE.lock().unwrap(), |queue| queue.is_empty());
        let task = queue.unwrap().pop_front().expect("we waited for it");
        let waker = Waker::from(task.clone());
        let mut slot = task.future.lock().unwrap();
        let Some(future) = slot.as_mut() else {
            continue;
        };
        POLLS.fetch_add(1, Ordering::Relaxed);
        let mut cx = Context::from_waker(&waker);
        if future.as_mut().poll(&mut cx).is_ready() {
            *slot = None;
        }
    }
}

/// Deadlines in order, each with the waker for it. The number tells equal deadlines apart.
static TIMERS: Mutex<BTreeMap<(Instant, usize), Waker>> = Mutex::new(BTreeMap::new());
static EARLIER: Condvar = Condvar::new();

/// The timer's thread sleeps until the first deadline, or until there is an earlier one.
fn fire_timers() {
    let mut timers = TIMERS.lock().unwrap();
    loop {
        timers = match timers.first_entry() {
            None => EARLIER.wait(timers).unwrap(),
            Some(first) => match first.key().0.saturating_duration_since(Instant::now()) {
                Duration::ZERO => {
                    first.remove().wake();
                    timers
                }
                left => EARLIER.wait_timeout(timers, left).unwrap().0,
            },
        };
    }
}

fn sleep(duration: Duration) -> impl Future<Output = ()> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let key = (Instant::now() + duration, number);
    poll_fn(move |cx| {
        if Instant::now() >= key.0 {
            return Poll::Ready(());
        }
        TIMERS.lock().unwrap().insert(key, cx.waker().clone());
        EARLIER.notify_one();
        Poll::Pending
    })
}

fn main() {
    let sum = block_on(async {
        let work = [("first", 30), ("second", 10), ("third", 20)];
        let handles = work.map(|(name, ms)| {
            spawn(async move {
                println!("{name}: I sleep for {ms} ms");
                sleep(Duration::from_millis(ms)).await;
                println!("{name}: awake");
                ms
            })
        });
        println!("main: three tasks are queued, none has run");
        let [first, second, third] = handles;
        first.await + second.await + third.await
    });
    println!("main: they slept for {sum} ms in all, at the same time");
    let polls = POLLS.load(Ordering::Relaxed);
    println!("polls: {polls}, and no thread ever spun");
}
