//! Values that come out of a queue when their time has come.
//!
//! Called by users. `store.rs` has the values; one `Alarm` is set to the
//! earliest deadline, so the queue is one timer to the runtime, however much is in it.
//!
//! Absent: a stream. Whoever needs one writes `poll_fn` around `poll_expired`.

mod expired;
mod store;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use super::Instant;
use super::alarm::Alarm;
use crate::budget;
use crate::leaf::Site;
use store::Store;

pub use expired::{Expired, Key, NextExpired};

const INVALID: &str = "invalid key";

/// A queue of values that each come out when their deadline has passed.
///
/// [`insert`](Self::insert) gives a [`Key`], with which the value can be taken out early or its
/// deadline changed. Values come out in the order of their deadlines; of equal ones, what was set
/// first. Time is kept in milliseconds, and a value never comes out too early. Use it for caches,
/// and for many timeouts that one task looks after.
///
/// Inserting, removing and resetting take time logarithmic in the number of values.
///
/// # Examples
///
/// ```
/// use wakeful::time::{DelayQueue, Duration};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let mut queue = DelayQueue::new();
/// let late = queue.insert("late", Duration::from_secs(60));
/// queue.insert("second", Duration::from_millis(2));
/// queue.insert("first", Duration::from_millis(1));
/// queue.remove(&late);
/// assert_eq!(queue.expired().await.unwrap().into_inner(), "first");
/// assert_eq!(queue.expired().await.unwrap().into_inner(), "second");
/// assert!(queue.expired().await.is_none());
/// # });
/// ```
pub struct DelayQueue<T> {
    store: Store<T>,
    /// There from the first insertion on.
    alarm: Option<Alarm>,
    /// Of the last poll. Woken when another value becomes the first.
    waker: Option<Waker>,
}

impl<T> DelayQueue<T> {
    /// Makes an empty queue.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = wakeful::time::DelayQueue::<u32>::new();
    /// assert!(queue.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// Makes an empty queue with room for `capacity` values.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = wakeful::time::DelayQueue::<u32>::with_capacity(10);
    /// assert!(queue.capacity() >= 10);
    /// ```
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            store: Store::with_capacity(capacity),
            alarm: None,
            waker: None,
        }
    }

    /// Puts a value in that comes out at `when`; at once, if that has passed.
    ///
    /// # Panics
    ///
    /// The first insertion panics outside of a runtime, or on one whose timers are not enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration, Instant};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// queue.insert_at("value", Instant::now() + Duration::from_millis(1));
    /// assert_eq!(queue.expired().await.unwrap().get_ref(), &"value");
    /// # });
    /// ```
    #[track_caller]
    pub fn insert_at(&mut self, value: T, when: Instant) -> Key {
        if self.alarm.is_none() {
            self.alarm = Some(Alarm::at(when));
        }
        let key = self.store.insert(value, when);
        self.changed(Some(key));
        key
    }

    /// Puts a value in that comes out after `timeout`. A timeout too long for the clock lasts for
    /// years.
    ///
    /// # Panics
    ///
    /// The first insertion panics outside of a runtime, or on one whose timers are not enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let key = queue.insert("value", Duration::from_secs(60));
    /// assert_eq!(queue.peek(), Some(key));
    /// # });
    /// ```
    #[track_caller]
    pub fn insert(&mut self, value: T, timeout: Duration) -> Key {
        self.insert_at(value, Instant::now().saturating_add(timeout))
    }

    /// Waits for the next value whose time has come. `None`: the queue is empty.
    ///
    /// # Panics
    ///
    /// When it is polled after the runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// No value is lost: dropping the future leaves all in the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// let mut queue = DelayQueue::new();
    /// queue.insert(7, Duration::from_millis(1));
    /// while let Some(expired) = queue.expired().await {
    ///     assert_eq!(expired.into_inner(), 7);
    /// }
    /// # });
    /// ```
    #[track_caller]
    pub fn expired(&mut self) -> NextExpired<'_, T> {
        NextExpired::new(self, Site::here())
    }

    /// Takes the next value whose time has come. `Ready(None)`: the queue is empty.
    ///
    /// The waker of the last call is woken when a value expires, when a value is put in, or its
    /// deadline changed, so that it becomes the first, and when the last value is taken out.
    ///
    /// # Panics
    ///
    /// After the runtime has shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use std::future::poll_fn;
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// let mut queue = DelayQueue::new();
    /// queue.insert(7, Duration::from_millis(1));
    /// let expired = poll_fn(|cx| queue.poll_expired(cx)).await;
    /// assert_eq!(expired.unwrap().into_inner(), 7);
    /// # });
    /// ```
    #[track_caller]
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Option<Expired<T>>> {
        self.poll_at(cx, Site::here())
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<Option<Expired<T>>> {
        let spent = ready!(budget::poll_proceed(cx));
        if !self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            self.waker = Some(cx.waker().clone());
        }
        let Some(alarm) = &mut self.alarm else {
            return Poll::Ready(None);
        };
        loop {
            let Some((first, _)) = self.store.first() else {
                return Poll::Ready(None);
            };
            if let Some(expired) = self.store.pop(alarm.now()) {
                spent.made_progress();
                return Poll::Ready(Some(expired));
            }
            if alarm.deadline() != first {
                alarm.reset(first);
            }
            if alarm.poll(cx).is_pending() {
                alarm.waiting(cx, site);
                return Poll::Pending;
            }
            // It has rung, so the first is due: the clock does not go back.
        }
    }

    /// Takes a value out before its time.
    ///
    /// # Panics
    ///
    /// When the value is not in the queue any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let key = queue.insert("value", Duration::from_secs(60));
    /// assert_eq!(queue.remove(&key).into_inner(), "value");
    /// # });
    /// ```
    #[track_caller]
    pub fn remove(&mut self, key: &Key) -> Expired<T> {
        self.try_remove(key).expect(INVALID)
    }

    /// Takes a value out before its time. `None`: it is not in the queue any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let key = queue.insert("value", Duration::from_secs(60));
    /// assert!(queue.try_remove(&key).is_some());
    /// assert!(queue.try_remove(&key).is_none());
    /// # });
    /// ```
    pub fn try_remove(&mut self, key: &Key) -> Option<Expired<T>> {
        let removed = self.store.remove(*key)?;
        self.changed(None);
        Some(removed)
    }

    /// When a value comes out.
    ///
    /// # Panics
    ///
    /// When the value is not in the queue any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration, Instant};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let when = Instant::now() + Duration::from_secs(60);
    /// let key = queue.insert_at("value", when);
    /// assert_eq!(queue.deadline(&key), when);
    /// # });
    /// ```
    #[track_caller]
    pub fn deadline(&self, key: &Key) -> Instant {
        self.store.deadline(*key).expect(INVALID)
    }

    /// Lets a value come out at `when` instead.
    ///
    /// # Panics
    ///
    /// When the value is not in the queue any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration, Instant};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let key = queue.insert("value", Duration::from_secs(60));
    /// queue.reset_at(&key, Instant::now() + Duration::from_millis(1));
    /// assert!(queue.expired().await.is_some());
    /// # });
    /// ```
    #[track_caller]
    pub fn reset_at(&mut self, key: &Key, when: Instant) {
        assert!(self.store.reset(*key, when), "{INVALID}");
        self.changed(Some(*key));
    }

    /// Lets a value come out after `timeout`, counted from now, instead.
    ///
    /// # Panics
    ///
    /// When the value is not in the queue any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut queue = DelayQueue::new();
    /// let key = queue.insert("value", Duration::from_secs(60));
    /// queue.reset(&key, Duration::from_millis(1));
    /// assert!(queue.expired().await.is_some());
    /// # });
    /// ```
    #[track_caller]
    pub fn reset(&mut self, key: &Key, timeout: Duration) {
        self.reset_at(key, Instant::now().saturating_add(timeout));
    }

    /// The key of the value that comes out next. It may have expired already.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wakeful::time::DelayQueue::<u32>::new().peek(), None);
    /// ```
    pub fn peek(&self) -> Option<Key> {
        self.store.first().map(|(_, key)| key)
    }

    /// Drops all values. Their room stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// let mut queue = DelayQueue::new();
    /// queue.insert("value", Duration::from_secs(60));
    /// queue.clear();
    /// assert!(queue.is_empty());
    /// # });
    /// ```
    pub fn clear(&mut self) {
        let waits = !self.is_empty();
        let values = self.store.take_all();
        if waits {
            self.changed(None);
        }
        drop(values);
    }

    /// How many values there is room for before memory is needed.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::time::DelayQueue::<u32>::with_capacity(5).capacity() >= 5);
    /// ```
    pub fn capacity(&self) -> usize {
        self.store.capacity()
    }

    /// How many values are in the queue, those that have expired included.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wakeful::time::DelayQueue::<u32>::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// True while there is no value.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(wakeful::time::DelayQueue::<u32>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for `additional` more values.
    ///
    /// # Panics
    ///
    /// When the memory would be more than `isize::MAX` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut queue = wakeful::time::DelayQueue::<u32>::new();
    /// queue.reserve(5);
    /// assert!(queue.capacity() >= 5);
    /// ```
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        self.store.reserve(additional);
    }

    /// Gives back memory where that moves no value. See [`compact`](Self::compact).
    ///
    /// # Examples
    ///
    /// ```
    /// let mut queue = wakeful::time::DelayQueue::<u32>::with_capacity(5);
    /// queue.shrink_to_fit();
    /// assert_eq!(queue.capacity(), 0);
    /// ```
    pub fn shrink_to_fit(&mut self) {
        self.store.shrink();
    }

    /// Gives back all memory that is not needed. Keys stay good.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use wakeful::time::{DelayQueue, Duration};
    ///
    /// let mut queue = DelayQueue::new();
    /// let [first, last] = [1, 2].map(|value| queue.insert(value, Duration::from_secs(60)));
    /// queue.remove(&first);
    /// queue.compact();
    /// assert_eq!(queue.capacity(), 1);
    /// assert_eq!(queue.remove(&last).into_inner(), 2);
    /// # });
    /// ```
    pub fn compact(&mut self) {
        self.store.compact();
    }

    /// The order has changed. `key` is what was put somewhere else; `None`: values were taken out.
    fn changed(&mut self, key: Option<Key>) {
        let Some(alarm) = &mut self.alarm else {
            return;
        };
        let first = self.store.first();
        if let Some((deadline, _)) = first.filter(|(deadline, _)| alarm.deadline() != *deadline) {
            alarm.reset(deadline);
        }
        // Whoever waits looks again: at the new first, or at an empty queue.
        if key.map(|key| key.id) == first.map(|(_, first)| first.id) {
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
    }
}

impl<T> Unpin for DelayQueue<T> {}

impl<T> Default for DelayQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for DelayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayQueue")
            .field("len", &self.len())
            .field("next", &self.store.first().map(|(deadline, _)| deadline))
            .finish_non_exhaustive()
    }
}
