//! What is done with the whole file: its length, its metadata, getting it to the disk.

use std::fs::{File as StdFile, Metadata, Permissions};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::File;
use crate::engine::pool_call::offload;
use crate::fs::FileTimes;
use crate::leaf::Site;

impl File {
    /// Waits until everything that was written is on the disk, the file's metadata too.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::sync_all`], and if the runtime is shut down. The error of a write
    /// before it is left for the next write or flush.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let mut file = wakeful::fs::File::create(&path).await?;
    /// file.write_all(b"important").await?;
    /// file.flush().await?;
    /// file.sync_all().await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn sync_all(&self) -> impl Future<Output = io::Result<()>> {
        self.settled(Site::here(), StdFile::sync_all)
    }

    /// Waits until everything that was written is on the disk, and of the metadata what is needed
    /// to read it.
    ///
    /// # Errors
    ///
    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let mut file = wakeful::fs::File::create(&path).await?;
    /// file.write_all(b"important").await?;
    /// file.flush().await?;
    /// file.sync_data().await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn sync_data(&self) -> impl Future<Output = io::Result<()>> {
        self.settled(Site::here(), StdFile::sync_data)
    }

    /// Cuts the file off at `size` bytes, or extends it by zeros to that length. The position
    /// stays.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::set_len`], so also if the file is not open for writing, and if the
    /// runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The length may be changed all the same; what
    /// follows waits for that.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let file = wakeful::fs::File::create(&path).await?;
    /// file.set_len(10).await?;
    /// assert_eq!(wakeful::fs::read(&path).await?, [0; 10]);
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn set_len(&self, size: u64) -> impl Future<Output = io::Result<()>> {
        let site = Site::here();
        async move {
            let mut stream = self.stream.lock_at(site).await;
            stream.set_len(&self.std, size, site).await
        }
    }

    /// What the file system knows about the file. A write under way may not show yet.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::metadata`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Looking changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = wakeful::fs::File::open("Cargo.toml").await?;
    /// assert!(file.metadata().await?.is_file());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn metadata(&self) -> impl Future<Output = io::Result<Metadata>> {
        let std = Arc::clone(&self.std);
        offload(Site::here(), move || std.metadata())
    }

    /// Waits for the operation under way and opens the file a second time. Both have one position:
    /// what one reads, the other does not.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::try_clone`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). Nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// let file = wakeful::fs::File::open("Cargo.toml").await?;
    /// let same = file.try_clone().await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn try_clone(&self) -> impl Future<Output = io::Result<File>> {
        let site = Site::here();
        async move {
            let std = self.settled(site, StdFile::try_clone).await?;
            let mut file = File::from_std(std);
            file.set_max_buf_size(self.max_buf_size);
            Ok(file)
        }
    }

    /// Changes who may do what with the file. Those who have it open keep what they may.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::set_permissions`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The permissions may be changed all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let file = wakeful::fs::File::create(&path).await?;
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn set_permissions(&self, perm: Permissions) -> impl Future<Output = io::Result<()>> {
        let std = Arc::clone(&self.std);
        offload(Site::here(), move || std.set_permissions(perm))
    }

    /// Waits for the operation under way and changes the file's times.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::set_times`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The times may be changed all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::{Duration, SystemTime};
    /// use wakeful::fs::{File, FileTimes};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("old");
    /// let file = File::create(&path).await?;
    /// let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    /// file.set_times(FileTimes::new().set_modified(then)).await?;
    /// assert_eq!(file.metadata().await?.modified()?, then);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn set_times(&self, times: FileTimes) -> impl Future<Output = io::Result<()>> {
        self.settled(Site::here(), move |std| std.set_times(times.into_std()))
    }

    /// Waits for the operation under way and changes the time of the file's last change.
    ///
    /// # Errors
    ///
    /// Those of [`std::fs::File::set_modified`], and if the runtime is shut down.
    ///
    /// # Cancel safety
    ///
    /// See the [module](crate::fs#cancel-safety). The time may be changed all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// # let run = wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # run.block_on(async {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("file");
    /// let file = wakeful::fs::File::create(&path).await?;
    /// file.set_modified(SystemTime::UNIX_EPOCH).await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn set_modified(&self, time: SystemTime) -> impl Future<Output = io::Result<()>> {
        self.set_times(FileTimes::new().set_modified(time))
    }

    /// Calls `f` on the pool once the operation under way has ended.
    async fn settled<T, F>(&self, site: Site, f: F) -> io::Result<T>
    where
        F: FnOnce(&StdFile) -> io::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.stream.lock_at(site).await.settle().await;
        let std = Arc::clone(&self.std);
        offload(site, move || f(&std)).await
    }
}
