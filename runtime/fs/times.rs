//! The times of a file that `File::set_times` changes.

use std::time::SystemTime;

/// Which times to give a file, for [`File::set_times`](super::File::set_times). What is not set
/// stays as it is.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use wakeful::fs::{File, FileTimes};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("file");
/// let file = File::create(&path).await?;
/// file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).await?;
/// assert_eq!(file.metadata().await?.modified()?, SystemTime::UNIX_EPOCH);
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it changes nothing until it is given to `File::set_times`"]
pub struct FileTimes {
    times: std::fs::FileTimes,
}

impl FileTimes {
    /// Sets none of them yet.
    ///
    /// # Examples
    ///
    /// ```
    /// let times = wakeful::fs::FileTimes::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of the last access.
    ///
    /// # Examples
    ///
    /// ```
    /// let now = std::time::SystemTime::now();
    /// let times = wakeful::fs::FileTimes::new().set_accessed(now);
    /// ```
    pub fn set_accessed(mut self, t: SystemTime) -> Self {
        self.times = self.times.set_accessed(t);
        self
    }

    /// The time of the last change of the content.
    ///
    /// # Examples
    ///
    /// ```
    /// let now = std::time::SystemTime::now();
    /// let times = wakeful::fs::FileTimes::new().set_modified(now);
    /// ```
    pub fn set_modified(mut self, t: SystemTime) -> Self {
        self.times = self.times.set_modified(t);
        self
    }

    pub(super) fn into_std(self) -> std::fs::FileTimes {
        self.times
    }
}
