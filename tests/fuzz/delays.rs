//! `DelayQueue` against a list, on a clock that only the test moves: every call it has.

use std::pin::pin;
use std::task::Poll;

use proptest::prelude::*;
use wakeful::runtime::Builder;
use wakeful::time::{DelayQueue, Duration, Instant, Key, advance};

use crate::config;

const REGRESSIONS: &str = "proptest-regressions/fuzz/delays.txt";

#[derive(Clone, Debug)]
enum Call {
    Insert(u64),
    InsertAt(u64),
    Remove(usize),
    Reset(usize, u64),
    ResetAt(usize, u64),
    Advance(u64),
    Take,
    Peek,
    Compact,
    Shrink,
    Reserve(usize),
    Clear,
}

fn call() -> impl Strategy<Value = Call> {
    let millis = || prop_oneof![4 => 0_u64..20, 2 => 0_u64..5000, 1 => 0_u64..1 << 36];
    prop_oneof![
        5 => millis().prop_map(Call::Insert),
        3 => millis().prop_map(Call::InsertAt),
        3 => any::<usize>().prop_map(Call::Remove),
        2 => (any::<usize>(), millis()).prop_map(|(which, to)| Call::Reset(which, to)),
        2 => (any::<usize>(), millis()).prop_map(|(which, to)| Call::ResetAt(which, to)),
        4 => millis().prop_map(Call::Advance),
        5 => Just(Call::Take),
        2 => Just(Call::Peek),
        1 => Just(Call::Compact),
        1 => Just(Call::Shrink),
        1 => (0_usize..40).prop_map(Call::Reserve),
        1 => prop::bool::weighted(0.1)
            .prop_map(|is_clear| if is_clear { Call::Clear } else { Call::Peek }),
    ]
}

/// A queue, and what is in it: deadline, number of the setting, value, key.
struct Delays {
    queue: DelayQueue<usize>,
    list: Vec<(Instant, usize, usize, Key)>,
    gone: Vec<Key>,
    start: Instant,
}

impl Delays {
    /// The place in the list of what comes first.
    fn first(&self) -> Option<usize> {
        let order = |&at: &usize| (self.list[at].0, self.list[at].1);
        (0..self.list.len()).min_by_key(order)
    }

    /// One poll of the queue. What has expired comes at once, and nothing else does.
    async fn take(&mut self) {
        let due = self.first().filter(|&at| self.list[at].0 <= Instant::now());
        let mut next = pin!(self.queue.expired());
        let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        match polled {
            Poll::Pending => assert!(due.is_none() && !self.list.is_empty()),
            Poll::Ready(None) => assert!(self.list.is_empty()),
            Poll::Ready(Some(expired)) => {
                let (deadline, _, value, key) = self.list.remove(due.expect("it is too early"));
                assert_eq!((expired.deadline(), expired.key()), (deadline, key));
                assert_eq!(expired.into_inner(), value);
                self.gone.push(key);
            }
        }
    }

    async fn call(&mut self, step: usize, call: Call) {
        let of = Duration::from_millis;
        let at = |which: usize| which.checked_rem(self.list.len());
        match call {
            Call::Insert(millis) => {
                let key = self.queue.insert(step, of(millis));
                self.list
                    .push((Instant::now() + of(millis), step, step, key));
            }
            Call::InsertAt(millis) => {
                let when = self.start + of(millis);
                let key = self.queue.insert_at(step, when);
                self.list.push((when, step, step, key));
            }
            Call::Remove(which) => {
                if let Some(at) = at(which) {
                    let (deadline, _, value, key) = self.list.remove(at);
                    let removed = self.queue.remove(&key);
                    assert_eq!(
                        (removed.deadline(), removed.into_inner()),
                        (deadline, value)
                    );
                    self.gone.push(key);
                }
            }
            Call::Reset(which, millis) => {
                if let Some(at) = at(which) {
                    self.queue.reset(&self.list[at].3, of(millis));
                    (self.list[at].0, self.list[at].1) = (Instant::now() + of(millis), step);
                }
            }
            Call::ResetAt(which, millis) => {
                if let Some(at) = at(which) {
                    let when = self.start + of(millis);
                    self.queue.reset_at(&self.list[at].3, when);
                    (self.list[at].0, self.list[at].1) = (when, step);
                }
            }
            Call::Advance(millis) => advance(of(millis)).await,
            Call::Take => self.take().await,
            Call::Peek => {
                let first = self.first().map(|at| self.list[at].0);
                let peeked = self.queue.peek().map(|key| self.queue.deadline(&key));
                assert_eq!(peeked, first);
            }
            Call::Compact => self.queue.compact(),
            Call::Shrink => self.queue.shrink_to_fit(),
            Call::Reserve(more) => {
                self.queue.reserve(more);
                assert!(self.queue.capacity() >= self.list.len() + more);
            }
            Call::Clear => {
                self.queue.clear();
                self.gone.extend(self.list.drain(..).map(|entry| entry.3));
            }
        }
        self.check();
    }

    fn check(&self) {
        assert_eq!(self.queue.len(), self.list.len());
        assert_eq!(self.queue.is_empty(), self.list.is_empty());
        assert!(self.queue.capacity() >= self.queue.len());
        for (deadline, _, _, key) in &self.list {
            assert_eq!(self.queue.deadline(key), *deadline);
        }
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn a_queue_of_delays_is_a_sorted_list(calls in prop::collection::vec(call(), 0..60)) {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(wakeful::task::unconstrained(async {
            let mut delays = Delays {
                queue: DelayQueue::new(),
                list: Vec::new(),
                gone: Vec::new(),
                start: Instant::now(),
            };
            for (step, call) in calls.into_iter().enumerate() {
                delays.call(step, call).await;
            }
            for key in &delays.gone {
                assert!(delays.queue.try_remove(key).is_none());
            }
            // The clock goes by itself where everybody waits for it: all comes out, in order.
            while let Some(expired) = delays.queue.expired().await {
                let (deadline, _, value, _) = delays.list.remove(delays.first().unwrap());
                assert!(deadline <= Instant::now());
                assert_eq!(expired.into_inner(), value);
            }
            assert!(delays.list.is_empty());
        }));
    }
}
