//! A program that was started: its pipes, and its end.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::{PhantomData, PhantomPinned};
use std::pin::Pin;
use std::process::{ExitStatus, Output};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::reaper::Reaper;
use super::stdio::{self, ChildStderr, ChildStdin, ChildStdout};
use crate::leaf::Site;

/// Bytes that [`Child::wait_with_output`] makes room for at first; it doubles when that is full.
const FIRST_READ: usize = 4096;

/// A program that was started by [`Command::spawn`](super::Command::spawn).
///
/// Dropping it does not end the program, unless [`kill_on_drop`] was asked for: it goes on, and the
/// runtime collects its exit status when it ends. That is done as soon as may be, and not at once:
/// who must leave no zombie behind for a moment awaits [`wait`](Self::wait) or
/// [`kill`](Self::kill) before the drop.
///
/// [`kill_on_drop`]: super::Command::kill_on_drop
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::process::Stdio;
/// use wakeful::io::AsyncReadExt;
/// use wakeful::process::Command;
///
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let mut text = String::new();
/// child.stdout.take().unwrap().read_to_string(&mut text).await?;
/// assert_eq!(text, "hello\n");
/// assert!(child.wait().await?.success());
/// # Ok(())
/// # }
/// ```
pub struct Child {
    state: State,
    /// What the program reads, if its standard input was piped.
    pub stdin: Option<ChildStdin>,
    /// What the program writes, if its standard output was piped.
    pub stdout: Option<ChildStdout>,
    /// What the program complains of, if its standard error was piped.
    pub stderr: Option<ChildStderr>,
    not_unwind_safe: NotUnwindSafe,
}

/// tokio's type is not, and code that compiles with one is to compile with the other.
type NotUnwindSafe = PhantomData<dyn Send + Sync + Unpin>;

#[derive(Debug)]
enum State {
    Running(Reaper),
    Done(ExitStatus),
}

impl Child {
    pub(super) fn new(reaper: Reaper) -> Self {
        Self {
            state: State::Running(reaper),
            stdin: None,
            stdout: None,
            stderr: None,
            not_unwind_safe: PhantomData,
        }
    }

    /// The process id. `None` once its end was waited for: the number may be another's then.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.id().is_some());
    /// child.wait().await?;
    /// assert!(child.id().is_none());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn id(&self) -> Option<u32> {
        match &self.state {
            State::Running(reaper) => Some(reaper.id()),
            State::Done(_) => None,
        }
    }

    /// Kills the program, without waiting for its end: `SIGKILL`.
    ///
    /// A zombie is left until it is waited for, or this is dropped. `Ok` if it has ended already
    /// and was waited for.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.start_kill()?;
    /// assert!(!child.wait().await?.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn start_kill(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Running(reaper) => reaper.kill(),
            State::Done(_) => Ok(()),
        }
    }

    /// Kills the program, and waits for its end.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the first poll, which kills. Dropped after it, only the waiting is
    /// left undone: call [`wait`](Self::wait) for that.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.kill().await?;
    /// assert!(child.id().is_none());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn kill(&mut self) -> Kill<'_> {
        Kill {
            child: self,
            killed: false,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// Waits for the program to end, and gives its status; the same again when called again.
    ///
    /// The first poll drops [`stdin`](Self::stdin), so that a program that reads to the end of its
    /// input comes to it. What it writes is not read: take `stdout` out and read it meanwhile, or
    /// the program may wait for room in the pipe for ever. May be awaited in another runtime than
    /// that of the spawn, when that one runs too or has ended.
    ///
    /// # Errors
    ///
    /// What the operating system says: `ECHILD` if somebody else has collected the status, or if
    /// `SIGCHLD` is ignored.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost but `stdin`, which is dropped. The status is there for the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("sh").args(["-c", "exit 7"]).spawn()?;
    /// assert_eq!(child.wait().await?.code(), Some(7));
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn wait(&mut self) -> Wait<'_> {
        Wait {
            child: self,
            site: Site::here(),
            pinned: PhantomPinned,
        }
    }

    /// The status if the program has ended, `None` if not. Does not wait, and leaves `stdin` as it
    /// is.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// assert!(child.try_wait()?.is_none());
    /// child.kill().await?;
    /// assert!(child.try_wait()?.is_some());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = match &mut self.state {
            State::Running(reaper) => reaper.try_wait()?,
            State::Done(status) => return Ok(Some(*status)),
        };
        if let Some(status) = status {
            self.state = State::Done(status);
        }
        Ok(status)
    }

    /// Waits for the program to end, and reads meanwhile what it writes to pipes that are still in
    /// [`stdout`](Self::stdout) and [`stderr`](Self::stderr). Drops `stdin` first.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait), and of reading.
    ///
    /// # Cancel safety
    ///
    /// The child is dropped with the future, and what was read is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::process::Stdio;
    /// use wakeful::process::Command;
    ///
    /// let child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    /// let output = child.wait_with_output().await?;
    /// assert_eq!(output.stdout, b"hello\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn wait_with_output(mut self) -> impl Future<Output = io::Result<Output>> {
        let site = Site::here();
        async move {
            let mut stdout = Drain::new(self.stdout.take());
            let mut stderr = Drain::new(self.stderr.take());
            let status = poll_fn(|cx| {
                // Each of the three must be polled, or nobody wakes us for it.
                let read = [stdout.poll(cx, site)?, stderr.poll(cx, site)?];
                let status = ready!(self.poll_wait(cx, site))?;
                match read.iter().all(Poll::is_ready) {
                    true => Poll::Ready(io::Result::Ok(status)),
                    false => Poll::Pending,
                }
            });
            let status = status.await?;
            // The pipes close only now: a program that still wrote would have been killed.
            Ok(Output {
                status,
                stdout: stdout.bytes,
                stderr: stderr.bytes,
            })
        }
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<io::Result<ExitStatus>> {
        drop(self.stdin.take());
        let status = match &mut self.state {
            State::Running(reaper) => ready!(reaper.poll(cx, site))?,
            State::Done(status) => return Poll::Ready(Ok(*status)),
        };
        self.state = State::Done(status);
        Poll::Ready(Ok(status))
    }
}

/// Reads a pipe to its end.
struct Drain<T> {
    /// Kept open until the program has ended.
    pipe: Option<T>,
    is_done: bool,
    /// Only the first `filled` count until the end.
    bytes: Vec<u8>,
    filled: usize,
}

impl<T: stdio::Output> Drain<T> {
    fn new(pipe: Option<T>) -> Self {
        Self {
            is_done: pipe.is_none(),
            pipe,
            bytes: Vec::new(),
            filled: 0,
        }
    }

    /// `Poll` in `Result`, for the caller's `?`.
    fn poll(&mut self, cx: &mut Context<'_>, site: Site) -> io::Result<Poll<()>> {
        let Some(pipe) = self.pipe.as_ref().filter(|_| !self.is_done) else {
            return Ok(Poll::Ready(()));
        };
        loop {
            if self.filled == self.bytes.len() {
                let len = (self.filled * 2).max(FIRST_READ);
                self.bytes.resize(len, 0);
            }
            match pipe.poll_bytes(cx, &mut self.bytes[self.filled..], site) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Ok(0)) => break,
                Poll::Ready(Ok(read)) => self.filled += read,
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        self.bytes.truncate(self.filled);
        self.is_done = true;
        Ok(Poll::Ready(()))
    }
}

pin_project! {
    /// What [`Child::wait`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// use wakeful::process::Command;
    /// use wakeful::time::timeout;
    ///
    /// let mut child = Command::new("sleep").arg("1000").kill_on_drop(true).spawn()?;
    /// // To give up waiting loses nothing: the next call waits on.
    /// assert!(timeout(Duration::from_millis(1), child.wait()).await.is_err());
    /// child.start_kill()?;
    /// assert!(!child.wait().await?.success());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Wait<'a> {
        child: &'a mut Child,
        site: Site,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for Wait<'_> {
    type Output = io::Result<ExitStatus>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let this = self.project();
        this.child.poll_wait(cx, *this.site)
    }
}

pin_project! {
    /// What [`Child::kill`] returns.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("sleep").arg("1000").spawn()?;
    /// child.kill().await?;
    /// assert_eq!(child.id(), None); // it has been waited for
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Kill<'a> {
        child: &'a mut Child,
        killed: bool,
        site: Site,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl Future for Kill<'_> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        if !*this.killed {
            this.child.start_kill()?;
            *this.killed = true;
        }
        ready!(this.child.poll_wait(cx, *this.site))?;
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("state", &self.state)
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .finish()
    }
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.child).finish()
    }
}

impl fmt::Debug for Kill<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kill").field(&self.child).finish()
    }
}
