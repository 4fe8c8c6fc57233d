//! Buckets whose width grows with the value: an H2 histogram.
//!
//! ```text
//! index:   0  1  2  3 | 4  5  6  7 | 8  9 10 11 | ...       with precision 2:
//! value:   0  1  2  3 | 4  5  6  7 | 8 10 12 14 | 16 20 ..  4 buckets for each power of two
//! ```
//!
//! The *index* counts from the value zero. A histogram leaves out the lowest indices, whose values
//! fall into its bucket 0, and ends where its largest value is.

use std::error;
use std::fmt;
use std::time::Duration;

use super::histogram::nanoseconds;

/// What a histogram tells apart if nobody says otherwise: from 100 ns to a minute, with an error
/// of a quarter. tokio's numbers.
const MIN_VALUE: Duration = Duration::from_nanos(100);
const MAX_VALUE: Duration = Duration::from_secs(60);
const PRECISION: u32 = 2;
/// At 10, each power of two has 1,024 buckets. tokio's number.
const MAX_PRECISION: u32 = 10;

/// Buckets whose width is a fixed part of the value: short and long times with the same relative
/// error.
///
/// For [`HistogramConfiguration::log`](super::HistogramConfiguration::log). Made by
/// [`builder`](Self::builder).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use wakeful::runtime::LogHistogram;
///
/// let histogram = LogHistogram::builder().max_value(Duration::from_secs(1)).build();
/// assert!(histogram.max_value() >= 1_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHistogram {
    precision: u32,
    /// The index of bucket 0.
    first: u64,
    /// The index of the last bucket, which has no end.
    last: u64,
}

impl LogHistogram {
    /// A builder with the default settings.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// assert_eq!(LogHistogram::builder().build(), LogHistogram::default());
    /// ```
    #[must_use]
    pub fn builder() -> LogHistogramBuilder {
        LogHistogramBuilder::default()
    }

    /// The largest value that it tells apart, in nanoseconds: where the last bucket begins.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// assert!(LogHistogram::default().max_value() > 60_000_000_000);
    /// ```
    #[must_use]
    pub fn max_value(&self) -> u64 {
        start_of_index(self.last, self.precision)
    }

    pub(super) fn buckets(&self) -> usize {
        (self.last - self.first + 1) as usize
    }

    /// May be beyond the last.
    pub(super) fn bucket_of(&self, value: u64) -> u64 {
        index_of(value, self.precision).saturating_sub(self.first)
    }

    /// Where a bucket other than the first begins.
    pub(super) fn start_of(&self, bucket: usize) -> u64 {
        start_of_index(self.first + bucket as u64, self.precision)
    }
}

impl Default for LogHistogram {
    fn default() -> Self {
        LogHistogramBuilder::default().build()
    }
}

fn index_of(value: u64, precision: u32) -> u64 {
    let highest = value.max(1).ilog2();
    match highest.checked_sub(precision) {
        // Up to two to the precision and one, each value has a bucket.
        None | Some(0) => value,
        Some(shift) => (u64::from(shift) << precision) + (value >> shift),
    }
}

fn start_of_index(index: u64, precision: u32) -> u64 {
    let row = index >> precision;
    if row < 2 {
        return index;
    }
    let shift = row - 1;
    (index - (shift << precision)) << shift
}

/// Builds a [`LogHistogram`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use wakeful::runtime::LogHistogram;
///
/// let histogram = LogHistogram::builder()
///     .min_value(Duration::from_micros(20))
///     .max_value(Duration::from_millis(4))
///     .precision_exact(0)
///     .build();
/// # drop(histogram);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LogHistogramBuilder {
    min_value: Option<Duration>,
    max_value: Option<Duration>,
    precision: Option<u32>,
}

impl LogHistogramBuilder {
    /// The largest error of a value relative to the value itself: 0.25 by default, and never less
    /// than 1/1024.
    ///
    /// # Panics
    ///
    /// Unless it is above 0 and below 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// let mut fine = LogHistogram::builder().max_error(0.01);
    /// assert!(fine.max_buckets(100).is_err());
    /// ```
    #[must_use]
    #[track_caller]
    pub fn max_error(mut self, max_error: f64) -> Self {
        assert!(max_error > 0.0, "max_error must be greater than 0");
        assert!(max_error < 1.0, "max_error must be less than 1");
        let enough = |precision: &u32| 0.5_f64.powi(*precision as i32) <= max_error;
        self.precision = (PRECISION..MAX_PRECISION)
            .find(enough)
            .or(Some(MAX_PRECISION));
        self
    }

    /// Two to the power of `p` buckets for each power of two of the value.
    ///
    /// # Panics
    ///
    /// If `p` is above 10.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// // Each bucket is twice as wide as the one before.
    /// let histogram = LogHistogram::builder().precision_exact(0).build();
    /// # drop(histogram);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn precision_exact(mut self, p: u32) -> Self {
        assert!(p <= MAX_PRECISION, "precision must be <= {MAX_PRECISION}");
        self.precision = Some(p);
        self
    }

    /// The shortest time to tell from zero. 100 ns by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::runtime::LogHistogram;
    ///
    /// let histogram = LogHistogram::builder().min_value(Duration::from_micros(1)).build();
    /// # drop(histogram);
    /// ```
    #[must_use]
    pub fn min_value(mut self, duration: Duration) -> Self {
        self.min_value = Some(duration);
        self
    }

    /// The longest time to tell from longer ones. A minute by default.
    ///
    /// # Panics
    ///
    /// If it is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use wakeful::runtime::LogHistogram;
    ///
    /// let histogram = LogHistogram::builder().max_value(Duration::from_secs(1)).build();
    /// # drop(histogram);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn max_value(mut self, duration: Duration) -> Self {
        assert!(!duration.is_zero(), "max value must be greater than 0");
        self.max_value = Some(duration);
        self
    }

    /// Builds it, if it takes no more than `max_buckets` buckets.
    ///
    /// # Errors
    ///
    /// [`InvalidHistogramConfiguration::TooManyBuckets`] if it takes more.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// assert!(LogHistogram::builder().max_buckets(119).is_ok());
    /// assert!(LogHistogram::builder().max_buckets(118).is_err());
    /// ```
    pub fn max_buckets(
        &mut self,
        max_buckets: usize,
    ) -> Result<LogHistogram, InvalidHistogramConfiguration> {
        let histogram = self.build();
        match histogram.buckets() {
            required_bucket_count if required_bucket_count > max_buckets => {
                Err(InvalidHistogramConfiguration::TooManyBuckets {
                    required_bucket_count,
                })
            }
            _ => Ok(histogram),
        }
    }

    /// Builds it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::runtime::LogHistogram;
    ///
    /// let histogram = LogHistogram::builder().build();
    /// # drop(histogram);
    /// ```
    #[must_use]
    pub fn build(&self) -> LogHistogram {
        let precision = self.precision.unwrap_or(PRECISION);
        let min = nanoseconds(self.min_value.unwrap_or(MIN_VALUE));
        let max = nanoseconds(self.max_value.unwrap_or(MAX_VALUE));
        // One lower: what is exactly `min` is told from what is less.
        let first = index_of(min, precision).saturating_sub(1);
        // One higher: what is exactly `max` is told from what is more.
        let last = index_of(max, precision) + 1;
        LogHistogram {
            precision,
            first,
            last: last.max(first + 1),
        }
    }
}

impl From<LogHistogramBuilder> for LogHistogram {
    fn from(builder: LogHistogramBuilder) -> Self {
        builder.build()
    }
}

/// A [`LogHistogram`] cannot be built as it was asked for.
///
/// # Examples
///
/// ```
/// use wakeful::runtime::LogHistogram;
///
/// let error = LogHistogram::builder().max_buckets(10).unwrap_err();
/// assert!(error.to_string().contains("119 buckets"));
/// ```
#[derive(Debug)]
pub enum InvalidHistogramConfiguration {
    /// It would take more buckets than allowed.
    TooManyBuckets {
        /// How many it takes.
        required_bucket_count: usize,
    },
}

impl fmt::Display for InvalidHistogramConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooManyBuckets {
            required_bucket_count,
        } = self;
        write!(
            f,
            "The configuration for this histogram would have required {required_bucket_count} \
             buckets"
        )
    }
}

impl error::Error for InvalidHistogramConfiguration {}
