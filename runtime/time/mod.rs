//! Sleeping, deadlines and intervals.
//!
//! - [`sleep`](fn@sleep) and [`sleep_until`] wait for a point in time.
//! - [`timeout`](fn@timeout) and [`timeout_at`] limit the time of another future.
//! - [`interval`](fn@interval) ticks again and again.
//! - [`Instant`] is a point in time by the runtime's clock, which a test may [`pause`] and
//!   [`advance`].
//!
//! All of it needs a runtime on this thread whose builder was told `enable_time` or `enable_all`.
//! The resolution is one millisecond: a timer is never early, and late by up to one.
//!
//! # Examples
//!
//! ```
//! # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use wakeful::time::{Duration, sleep, timeout};
//!
//! async fn slow() {
//!     sleep(Duration::from_secs(60)).await;
//! }
//! assert!(timeout(Duration::from_millis(5), slow()).await.is_err());
//! # });
//! ```

mod alarm;
mod control;
mod delay_queue;
pub mod error;
mod instant;
mod interval;
mod sleep;
#[cfg(test)]
mod tests;
mod timeout;

#[doc(no_inline)]
pub use std::time::Duration;

pub use control::{advance, pause, resume};
pub use delay_queue::{DelayQueue, Expired, Key, NextExpired};
pub use instant::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Timeout, timeout, timeout_at};

/// Futures that no function here names in its path: what [`advance`] and [`Interval::tick`] return.
pub mod operations {
    pub use super::control::Advance;
    pub use super::interval::Tick;
}
