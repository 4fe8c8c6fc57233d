//! Starting what a `Command` describes.

use std::future::Future;
use std::io;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::Arc;

use super::reaper::Reaper;
use super::{Child, ChildStderr, ChildStdin, ChildStdout, Command, orphans};
use crate::engine::{context, reactor};

/// Starting it.
impl Command {
    /// Starts the program. Its standard streams are this process's, unless said otherwise.
    ///
    /// # Errors
    ///
    /// When the program is not there or may not be run, and what else the operating system says. If
    /// it was started and something failed after that, it is killed if
    /// [`kill_on_drop`](Self::kill_on_drop) asks for that, and goes on if not.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and on one without I/O. Nothing has been started then.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("true").spawn()?;
    /// assert!(child.wait().await?.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.spawn_with(std::process::Command::spawn)
    }

    /// As [`spawn`](Self::spawn), by a function of the caller's: for ways to start a program that
    /// only std, or another crate, knows of.
    ///
    /// # Errors
    ///
    /// What `with` says, and as `spawn`.
    ///
    /// # Panics
    ///
    /// As `spawn`.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut child = Command::new("true").spawn_with(|command| command.spawn())?;
    /// assert!(child.wait().await?.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn spawn_with(
        &mut self,
        with: impl FnOnce(&mut std::process::Command) -> io::Result<std::process::Child>,
    ) -> io::Result<Child> {
        let reactor = context::reactor();
        orphans::visit(&reactor);
        let child = with(&mut self.std)?;
        adopt(child, reactor, self.kill_on_drop)
    }

    /// Starts the program at once; the future waits for its end. Pipes are closed, so what it
    /// writes to one is lost.
    ///
    /// Dropping the future drops the [`Child`]: the program goes on, unless
    /// [`kill_on_drop`](Self::kill_on_drop) was asked for.
    ///
    /// # Errors
    ///
    /// Those of [`spawn`](Self::spawn) and [`Child::wait`].
    ///
    /// # Panics
    ///
    /// As `spawn`.
    ///
    /// # Cancel safety
    ///
    /// The program has been started, whether the future is polled or not; its status is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// assert!(Command::new("true").status().await?.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async move {
            let mut child = child?;
            // It must not wait for us to read or write.
            drop((child.stdin.take(), child.stdout.take(), child.stderr.take()));
            child.wait().await
        }
    }

    /// Starts the program at once; the future waits for its end, and gives all that it wrote.
    ///
    /// Its standard output and error are piped, whatever was said of them; its standard input is
    /// this process's, unless said otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`spawn`](Self::spawn) and [`Child::wait_with_output`].
    ///
    /// # Panics
    ///
    /// As `spawn`.
    ///
    /// # Cancel safety
    ///
    /// The program has been started, whether the future is polled or not; what it writes is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let output = Command::new("echo").arg("hello").output().await?;
    /// assert!(output.status.success());
    /// assert_eq!(output.stdout, b"hello\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.spawn();
        async move { child?.wait_with_output().await }
    }
}

/// What was started, with its pipes registered. PC3: from the first line on it has an owner.
fn adopt(
    mut child: std::process::Child,
    reactor: Arc<reactor::Handle>,
    kill_on_drop: bool,
) -> io::Result<Child> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut reaper = Reaper::new(child, reactor.clone(), kill_on_drop);
    reaper.watch()?;
    let mut child = Child::new(reaper);
    if let Some(pipe) = stdin {
        child.stdin = Some(ChildStdin::register(pipe, &reactor)?);
    }
    if let Some(pipe) = stdout {
        child.stdout = Some(ChildStdout::register(pipe, &reactor)?);
    }
    if let Some(pipe) = stderr {
        child.stderr = Some(ChildStderr::register(pipe, &reactor)?);
    }
    Ok(child)
}
