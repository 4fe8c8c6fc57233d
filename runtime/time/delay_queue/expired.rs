//! What a queue gives out: keys, expired values, the future that waits for them.
//!
//! Absent: logic.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::DelayQueue;
use crate::leaf::Site;
use crate::time::Instant;

/// Names a value in a [`DelayQueue`]. Given by [`DelayQueue::insert`].
///
/// It is good until its value is out of the queue.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
/// use wakeful::time::DelayQueue;
///
/// let mut queue = DelayQueue::new();
/// let key = queue.insert("session", Duration::from_secs(60));
/// // As long as the value is in the queue its key can prolong it, or take it out.
/// queue.reset(&key, Duration::from_secs(120));
/// assert_eq!(queue.remove(&key).into_inner(), "session");
/// assert!(queue.is_empty());
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) index: usize,
    pub(super) id: u64,
}

/// A value that came out of a [`DelayQueue`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
/// use wakeful::time::{DelayQueue, Instant};
///
/// let mut queue = DelayQueue::new();
/// let start = Instant::now();
/// let key = queue.insert("tea", Duration::from_secs(180));
/// let expired = queue.expired().await.unwrap();
/// assert_eq!((expired.key(), expired.get_ref()), (key, &"tea"));
/// assert_eq!(expired.deadline() - start, Duration::from_secs(180));
/// # }
/// ```
#[derive(Debug)]
pub struct Expired<T> {
    pub(super) data: T,
    pub(super) deadline: Instant,
    pub(super) key: Key,
}

impl<T> Expired<T> {
    /// The value.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// let mut queue = wakeful::time::DelayQueue::new();
    /// queue.insert(String::from("tea"), Duration::from_secs(180));
    /// assert_eq!(queue.expired().await.unwrap().get_ref(), "tea");
    /// # }
    /// ```
    pub fn get_ref(&self) -> &T {
        &self.data
    }

    /// The value, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// let mut queue = wakeful::time::DelayQueue::new();
    /// queue.insert(1, Duration::from_secs(1));
    /// let mut expired = queue.expired().await.unwrap();
    /// *expired.get_mut() += 1; // an attempt more
    /// queue.insert(expired.into_inner(), Duration::from_secs(2));
    /// assert_eq!(queue.expired().await.unwrap().into_inner(), 2);
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The value, for good.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// let mut queue = wakeful::time::DelayQueue::new();
    /// queue.insert(String::from("tea"), Duration::from_secs(180));
    /// let owned: String = queue.expired().await.unwrap().into_inner();
    /// assert_eq!(owned, "tea");
    /// # }
    /// ```
    pub fn into_inner(self) -> T {
        self.data
    }

    /// When its time was.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use wakeful::time::{DelayQueue, Duration, Instant, advance};
    ///
    /// let mut queue = DelayQueue::new();
    /// let due = Instant::now() + Duration::from_secs(1);
    /// queue.insert_at((), due);
    /// advance(Duration::from_secs(60)).await; // it is taken out late
    /// assert_eq!(queue.expired().await.unwrap().deadline(), due);
    /// # }
    /// ```
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The key that it had. It names nothing any more.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::collections::HashMap;
    /// use std::time::Duration;
    ///
    /// let (mut queue, mut names) = (wakeful::time::DelayQueue::new(), HashMap::new());
    /// names.insert(queue.insert((), Duration::from_secs(1)), "session 1");
    /// let expired = queue.expired().await.unwrap();
    /// assert_eq!(names.remove(&expired.key()), Some("session 1"));
    /// # }
    /// ```
    pub fn key(&self) -> Key {
        self.key
    }
}

/// Waits for the next value of a queue; made by [`DelayQueue::expired`].
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use wakeful::time::{DelayQueue, Duration, timeout};
///
/// let mut queue = DelayQueue::new();
/// queue.insert("late", Duration::from_secs(10));
/// // Giving up takes nothing out of the queue.
/// assert!(timeout(Duration::from_secs(1), queue.expired()).await.is_err());
/// assert_eq!(queue.expired().await.unwrap().into_inner(), "late");
/// # }
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct NextExpired<'a, T> {
    queue: &'a mut DelayQueue<T>,
    site: Site,
}

impl<'a, T> NextExpired<'a, T> {
    pub(super) fn new(queue: &'a mut DelayQueue<T>, site: Site) -> Self {
        Self { queue, site }
    }
}

impl<T> Future for NextExpired<'_, T> {
    type Output = Option<Expired<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.queue.poll_at(cx, this.site)
    }
}

impl<T> fmt::Debug for NextExpired<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextExpired")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
