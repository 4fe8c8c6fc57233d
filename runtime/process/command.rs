//! What to start, and how: std's `Command`, with what async adds to it.
//!
//! Starting it is in [`spawn`](super::spawn).

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

/// A program to start: its arguments, environment, directory and standard streams.
///
/// Like [`std::process::Command`], which it holds; [`as_std`](Self::as_std) and
/// [`as_std_mut`](Self::as_std_mut) show it. One may be started several times.
///
/// # Examples
///
/// ```
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::process::Stdio;
/// use wakeful::io::AsyncWriteExt;
/// use wakeful::process::Command;
///
/// let mut child = Command::new("tr")
///     .args(["a-z", "A-Z"])
///     .stdin(Stdio::piped())
///     .stdout(Stdio::piped())
///     .spawn()?;
/// let mut stdin = child.stdin.take().unwrap();
/// stdin.write_all(b"louder").await?;
/// drop(stdin); // the end of its input
/// assert_eq!(child.wait_with_output().await?.stdout, b"LOUDER");
/// # Ok::<(), std::io::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Command {
    pub(super) std: std::process::Command,
    pub(super) kill_on_drop: bool,
}

impl Command {
    /// The program `program`, to be looked for in `PATH` if it has no slash.
    ///
    /// No arguments, and this process's environment, directory and standard streams.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("ls");
    /// command.arg("-l").env("LANG", "C").current_dir("/");
    /// assert_eq!(command.as_std().get_program(), "ls");
    /// ```
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        Self::from(std::process::Command::new(program))
    }

    /// What std knows of it.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut command = wakeful::process::Command::new("ls");
    /// command.args(["-l", "/"]);
    /// assert!(command.as_std().get_args().eq(["-l", "/"]));
    /// ```
    pub fn as_std(&self) -> &std::process::Command {
        &self.std
    }

    /// What std knows of it, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::process::CommandExt;
    ///
    /// let mut command = wakeful::process::Command::new("ls");
    /// command.as_std_mut().process_group(0);
    /// ```
    pub fn as_std_mut(&mut self) -> &mut std::process::Command {
        &mut self.std
    }

    /// What std knows of it. Whether to kill on drop is forgotten.
    ///
    /// # Examples
    ///
    /// ```
    /// let command = wakeful::process::Command::new("ls").into_std();
    /// assert_eq!(command.get_program(), "ls");
    /// ```
    pub fn into_std(self) -> std::process::Command {
        self.std
    }

    /// Adds one argument. No shell looks at it: quotes and stars are letters.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let output = Command::new("echo").arg("a  b").arg("*").output().await?;
    /// assert_eq!(output.stdout, b"a  b *\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// Adds some arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let output = Command::new("echo").args(["a", "b"]).output().await?;
    /// assert_eq!(output.stdout, b"a b\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Sets a variable of the program's environment.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $GREETING"]).env("GREETING", "hello");
    /// assert_eq!(command.output().await?.stdout, b"hello\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn env<K, V>(&mut self, key: K, val: V) -> &mut Command
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.env(key, val);
        self
    }

    /// Sets some variables of the program's environment.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $A $B"]).envs([("A", "1"), ("B", "2")]);
    /// assert_eq!(command.output().await?.stdout, b"1 2\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Takes a variable out of the program's environment.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $HOME"]).env_remove("HOME");
    /// assert_eq!(command.output().await?.stdout, b"\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.std.env_remove(key);
        self
    }

    /// Starts from an empty environment: neither this process's nor what was set so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("env");
    /// command.env_clear().env("ONLY", "this");
    /// assert_eq!(command.output().await?.stdout, b"ONLY=this\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// The directory the program starts in.
    ///
    /// Whether a relative path of the program itself begins there depends on the platform.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let output = Command::new("pwd").current_dir("/").output().await?;
    /// assert_eq!(output.stdout, b"/\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.std.current_dir(dir);
        self
    }

    /// What the program's standard input is. By default this process's.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::process::Stdio;
    /// use wakeful::process::Command;
    ///
    /// let output = Command::new("cat").stdin(Stdio::null()).output().await?;
    /// assert!(output.stdout.is_empty());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn stdin<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdin(cfg);
        self
    }

    /// What the program's standard output is. By default this process's;
    /// [`output`](Self::output) pipes it.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::process::Stdio;
    /// use wakeful::process::Command;
    ///
    /// let status = Command::new("ls").stdout(Stdio::null()).status().await?;
    /// assert!(status.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn stdout<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdout(cfg);
        self
    }

    /// What the program's standard error is. By default this process's; [`output`](Self::output)
    /// pipes it.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::process::Stdio;
    /// use wakeful::process::Command;
    ///
    /// let missing = Command::new("ls").arg("/no/such/file").stderr(Stdio::null()).status();
    /// assert!(!missing.await?.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn stderr<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stderr(cfg);
        self
    }

    /// Whether to kill the program when its [`Child`](super::Child) is dropped before its end was
    /// waited for. By default it goes on.
    ///
    /// What it has started in turn is not killed. The exit status is collected as soon as may be by
    /// a runtime that still runs; until then a zombie is left.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use std::time::Duration;
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("sleep");
    /// let sleep = command.arg("1000").kill_on_drop(true).status();
    /// let late = wakeful::time::timeout(Duration::from_millis(10), sleep).await;
    /// assert!(late.is_err()); // and it does not run any more
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// What [`kill_on_drop`](Self::kill_on_drop) was set to.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut command = wakeful::process::Command::new("ls");
    /// assert!(!command.get_kill_on_drop());
    /// command.kill_on_drop(true);
    /// assert!(command.get_kill_on_drop());
    /// ```
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }
}

/// What only Unix has.
impl Command {
    /// The user the program runs as. Its start fails if that is not permitted.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut command = wakeful::process::Command::new("id");
    /// command.uid(65534).gid(65534); // nobody: only root may start it
    /// ```
    pub fn uid(&mut self, id: u32) -> &mut Command {
        self.std.uid(id);
        self
    }

    /// The group the program runs as. Its start fails if that is not permitted.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut command = wakeful::process::Command::new("id");
    /// command.gid(65534); // only root may start it
    /// ```
    pub fn gid(&mut self, id: u32) -> &mut Command {
        self.std.gid(id);
        self
    }

    /// What the program is told as its own name, in place of its path.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("sh");
    /// command.arg0("somebody").args(["-c", "echo $0"]);
    /// assert_eq!(command.output().await?.stdout, b"somebody\n");
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn arg0<S>(&mut self, arg: S) -> &mut Command
    where
        S: AsRef<OsStr>,
    {
        self.std.arg0(arg);
        self
    }

    /// The process group the program runs in: 0 for a new one of its own. A terminal's Ctrl-C goes
    /// to the group in the foreground.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// // Ctrl-C reaches us, and not the child.
    /// let status = Command::new("true").process_group(0).status().await?;
    /// assert!(status.success());
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    pub fn process_group(&mut self, pgroup: i32) -> &mut Command {
        self.std.process_group(pgroup);
        self
    }

    /// Calls `f` in the new process, right before the program begins. Several are called in order;
    /// an error ends the start, and [`spawn`](Self::spawn) returns it.
    ///
    /// # Safety
    ///
    /// The new process is a copy of this one with a single thread: a lock that another thread held
    /// stays locked for ever. So `f` may call only what a signal handler may call: no allocation,
    /// no locks. Descriptors are this process's until the program begins.
    ///
    /// # Examples
    ///
    /// ```
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    /// # .block_on(async {
    /// use wakeful::process::Command;
    ///
    /// let mut command = Command::new("true");
    /// // SAFETY: an error is made from a number, without allocating.
    /// unsafe { command.pre_exec(|| Err(std::io::Error::from_raw_os_error(1))) };
    /// assert_eq!(command.spawn().unwrap_err().raw_os_error(), Some(1));
    /// # });
    /// ```
    #[expect(unsafe_code, reason = "it passes the caller's promise on to std")]
    pub unsafe fn pre_exec<F>(&mut self, f: F) -> &mut Command
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: the caller's promise is what std asks for.
        unsafe { self.std.pre_exec(f) };
        self
    }
}

/// It does not kill on drop.
impl From<std::process::Command> for Command {
    fn from(std: std::process::Command) -> Command {
        Command {
            std,
            kill_on_drop: false,
        }
    }
}
