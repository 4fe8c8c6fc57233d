//! How many values fell into which range: the ranges, the counts, and how a user chooses.
//!
//! A histogram is written by one thread at a time and read by any, as all counters here.

use std::ops::Range;
use std::time::Duration;

use super::Counter;
use super::log::LogHistogram;

/// Whether the buckets of a histogram are equally wide or double.
///
/// For the deprecated way to configure one; see [`HistogramConfiguration`].
///
/// # Examples
///
/// ```
/// use wakeful::runtime::HistogramScale;
///
/// assert_ne!(HistogramScale::Linear, HistogramScale::Log);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistogramScale {
    /// All buckets are equally wide.
    Linear,
    /// Each bucket is twice as wide as the one before.
    Log,
}

/// The buckets of a histogram of poll times, for
/// `Builder::metrics_poll_time_histogram_configuration`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use wakeful::runtime::{HistogramConfiguration, LogHistogram};
///
/// let coarse = HistogramConfiguration::linear(Duration::from_micros(100), 10);
/// let fine = HistogramConfiguration::log(LogHistogram::builder().max_error(0.1));
/// # drop((coarse, fine));
/// ```
#[derive(Clone, Debug)]
pub struct HistogramConfiguration {
    pub(crate) buckets: Buckets,
}

impl HistogramConfiguration {
    /// `num_buckets` buckets, each `bucket_width` wide; the last has no upper end.
    ///
    /// # Panics
    ///
    /// If there is no bucket, or the width is zero or too large for nanoseconds in 64 bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::runtime::HistogramConfiguration;
    ///
    /// // Below 50 µs, below 100 µs, and above.
    /// let configuration = HistogramConfiguration::linear(Duration::from_micros(50), 3);
    /// # drop(configuration);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn linear(bucket_width: Duration, num_buckets: usize) -> Self {
        assert!(num_buckets > 0, "a histogram needs a bucket");
        let width = nanoseconds(bucket_width);
        let fits = width.checked_mul(num_buckets as u64).is_some();
        assert!(width > 0 && fits, "the buckets are too narrow or too wide");
        Self {
            buckets: Buckets::Linear {
                count: num_buckets,
                width,
            },
        }
    }

    /// Buckets whose width grows with the value. See [`LogHistogram`].
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::{HistogramConfiguration, LogHistogram};
    ///
    /// let configuration = HistogramConfiguration::log(LogHistogram::default());
    /// # drop(configuration);
    /// ```
    #[must_use]
    pub fn log(configuration: impl Into<LogHistogram>) -> Self {
        Self {
            buckets: Buckets::Log(configuration.into()),
        }
    }
}

/// Values are nanoseconds. The first bucket begins at zero, the last has no end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buckets {
    Linear {
        count: usize,
        width: u64,
    },
    /// The first ends at `first`, a power of two; each other is as wide as all before it.
    Doubling {
        count: usize,
        first: u64,
    },
    Log(LogHistogram),
}

impl Buckets {
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Linear { count, .. } | Self::Doubling { count, .. } => *count,
            Self::Log(log) => log.buckets(),
        }
    }

    fn bucket_of(&self, value: u64) -> usize {
        let bucket = match self {
            Self::Linear { width, .. } => value / width,
            Self::Doubling { first, .. } if value < *first => 0,
            Self::Doubling { first, .. } => u64::from((value / first).ilog2()) + 1,
            Self::Log(log) => log.bucket_of(value),
        };
        (bucket as usize).min(self.count() - 1)
    }

    /// # Panics
    ///
    /// If there is no such bucket.
    #[track_caller]
    pub(crate) fn range(&self, bucket: usize) -> Range<Duration> {
        let last = self.count() - 1;
        assert!(
            bucket <= last,
            "the histogram has no bucket number {bucket}"
        );
        let start = |bucket: usize| match self {
            _ if bucket == 0 => 0,
            Self::Linear { width, .. } => width * bucket as u64,
            Self::Doubling { first, .. } => first << (bucket - 1),
            Self::Log(log) => log.start_of(bucket),
        };
        let end = match bucket == last {
            true => u64::MAX,
            false => start(bucket + 1),
        };
        Duration::from_nanos(start(bucket))..Duration::from_nanos(end)
    }
}

/// What a builder knows about the histogram.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) buckets: Buckets,
    /// What the deprecated setters said. They win.
    pub(crate) legacy: Option<Legacy>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Legacy {
    pub(crate) scale: HistogramScale,
    pub(crate) resolution: u64,
    pub(crate) buckets: usize,
}

/// The resolution of a histogram that nobody configured. tokio's number.
const RESOLUTION: u64 = 100_000;

impl Default for Plan {
    fn default() -> Self {
        Self {
            buckets: Buckets::Linear {
                count: 10,
                width: RESOLUTION,
            },
            legacy: None,
        }
    }
}

impl Plan {
    pub(crate) fn legacy(&mut self) -> &mut Legacy {
        self.legacy.get_or_insert(Legacy {
            scale: HistogramScale::Linear,
            resolution: RESOLUTION,
            buckets: 10,
        })
    }

    pub(crate) fn buckets(&self) -> Buckets {
        match self.legacy {
            None => self.buckets,
            Some(legacy) => match legacy.scale {
                HistogramScale::Linear => Buckets::Linear {
                    count: legacy.buckets.max(1),
                    width: legacy.resolution,
                },
                HistogramScale::Log => Buckets::Doubling {
                    count: legacy.buckets.clamp(1, 34),
                    first: legacy.resolution.next_power_of_two(),
                },
            },
        }
    }
}

/// The counts of one worker.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Buckets,
    counts: Box<[Counter]>,
}

impl Histogram {
    pub(crate) fn new(plan: &Plan) -> Self {
        let buckets = plan.buckets();
        Self {
            buckets,
            counts: (0..buckets.count()).map(|_| Counter::default()).collect(),
        }
    }

    pub(crate) fn measure(&self, time: Duration) {
        self.counts[self.buckets.bucket_of(nanoseconds(time))].add(1);
    }

    /// # Panics
    ///
    /// If there is no such bucket.
    #[track_caller]
    pub(crate) fn count(&self, bucket: usize) -> u64 {
        match self.counts.get(bucket) {
            Some(count) => count.get(),
            None => panic!("the histogram has no bucket number {bucket}"),
        }
    }
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
