//! `OpenOptions`: named pipes. Opening one does not wait for the other end.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Receiver, Sender, check_pipe};

/// How to open a named pipe.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("fifo");
/// # std::process::Command::new("mkfifo").arg(&path).status()?;
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
/// use wakeful::net::unix::pipe;
///
/// let mut receiver = pipe::OpenOptions::new().open_receiver(&path)?;
/// let mut sender = pipe::OpenOptions::new().open_sender(&path)?; // there is a reader already
/// sender.write_all(b"hello").await?;
/// drop(sender);
/// let mut text = String::new();
/// receiver.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    read_write: bool,
    unchecked: bool,
}

impl OpenOptions {
    /// As strict as it goes: one direction, and only if the file is a pipe.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// let receiver = wakeful::net::unix::pipe::OpenOptions::new().open_receiver(&path)?;
    /// # drop(receiver);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens the file for both directions, so that the other end may come and go: a receiver
    /// sees no end of the stream, and a sender opens without a reader. Only on Linux.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// use wakeful::net::unix::pipe;
    ///
    /// assert!(pipe::OpenOptions::new().open_sender(&path).is_err()); // nobody reads
    /// let sender = pipe::OpenOptions::new().read_write(true).open_sender(&path)?;
    /// # drop(sender);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn read_write(&mut self, value: bool) -> &mut Self {
        self.read_write = value;
        self
    }

    /// Does not ask whether the file is a pipe.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// let mut options = wakeful::net::unix::pipe::OpenOptions::new();
    /// let receiver = options.unchecked(true).open_receiver(&path)?; // it is known to be a pipe
    /// # drop(receiver);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unchecked(&mut self, value: bool) -> &mut Self {
        self.unchecked = value;
        self
    }

    /// Opens the end to read from. A writer need not be there yet.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the file is no pipe, and what the operating system says.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// use wakeful::net::unix::pipe;
    ///
    /// let receiver = pipe::OpenOptions::new().open_receiver(&path)?; // does not wait for a sender
    /// # drop(receiver);
    /// std::fs::write(folder.path().join("file"), "")?;
    /// assert!(pipe::OpenOptions::new().open_receiver(folder.path().join("file")).is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        let file = self.open(path.as_ref(), true)?;
        Receiver::from_nonblocking(file.into())
    }

    /// Opens the end to write to.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the file is no pipe, `ENXIO` if there is no reader, and what else the
    /// operating system says.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fifo");
    /// # std::process::Command::new("mkfifo").arg(&path).status()?;
    /// use wakeful::net::unix::pipe;
    ///
    /// let error = pipe::OpenOptions::new().open_sender(&path).unwrap_err();
    /// assert_eq!(error.raw_os_error(), Some(libc::ENXIO)); // no receiver: try again later
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        let file = self.open(path.as_ref(), false)?;
        Sender::from_nonblocking(file.into())
    }

    fn open(&self, path: &Path, is_receiver: bool) -> io::Result<File> {
        let file = File::options()
            .read(is_receiver || self.read_write)
            .write(!is_receiver || self.read_write)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)?;
        if !self.unchecked {
            check_pipe(&file)?;
        }
        Ok(file)
    }
}
