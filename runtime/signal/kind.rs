//! `SignalKind`: a number with names.

use libc::c_int;

/// Which signal to listen to: a number, with a name for the common ones.
///
/// What is said of each is what it does by default, before anybody listens to it.
///
/// # Examples
///
/// ```
/// use wakeful::signal::unix::SignalKind;
///
/// assert_eq!(SignalKind::interrupt().as_raw_value(), 2);
/// assert_eq!(SignalKind::from(1), SignalKind::hangup());
/// ```
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
pub struct SignalKind(c_int);

/// One constructor each.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $name:ident: $signal:ident;)*) => {
        impl SignalKind {
            $(
                $(#[$attribute])*
                pub const fn $name() -> Self {
                    Self(libc::$signal)
                }
            )*
        }
    };
}

kinds! {
    /// `SIGALRM`: a timer of the system has run out. Ends the process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::alarm().as_raw_value(), libc::SIGALRM);
    /// ```
    alarm: SIGALRM;
    /// `SIGCHLD`: a child has stopped or ended. Ignored by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut ends = signal(SignalKind::child())?;
    /// std::process::Command::new("true").spawn()?.wait()?;
    /// ends.recv().await; // one child or more has ended
    /// # Ok(())
    /// # }
    /// ```
    child: SIGCHLD;
    /// `SIGHUP`: the terminal is gone; daemons take it as "read your configuration again". Ends
    /// the process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut reload = signal(SignalKind::hangup())?;
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGHUP) };
    /// reload.recv().await;
    /// println!("reading the configuration again");
    /// # Ok(())
    /// # }
    /// ```
    hangup: SIGHUP;
    /// `SIGINFO`: the user asks for a progress report. Ignored by default.
    #[cfg(any(
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "illumos"
    ))]
    info: SIGINFO;
    /// `SIGINT`: Ctrl-C. Ends the process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut ctrl_c = signal(SignalKind::interrupt())?;
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGINT) };
    /// ctrl_c.recv().await;
    /// println!("again, to end without saving");
    /// # Ok(())
    /// # }
    /// ```
    interrupt: SIGINT;
    /// `SIGIO`: a descriptor in asynchronous mode is ready. Ends the process by default, on some
    /// systems.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::io().as_raw_value(), libc::SIGIO);
    /// ```
    #[cfg(not(target_os = "haiku"))]
    io: SIGIO;
    /// `SIGPOLL`: a descriptor in asynchronous mode is ready. Ends the process by default.
    #[cfg(target_os = "haiku")]
    io: SIGPOLL;
    /// `SIGPIPE`: a write to a pipe without a reader. Rust programs ignore it by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::pipe().as_raw_value(), libc::SIGPIPE);
    /// ```
    pipe: SIGPIPE;
    /// `SIGQUIT`: Ctrl-\\. Ends the process and dumps its memory by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::quit().as_raw_value(), libc::SIGQUIT);
    /// ```
    quit: SIGQUIT;
    /// `SIGTERM`: somebody asks the process to end. Ends it by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut end = signal(SignalKind::terminate())?;
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGTERM) };
    /// end.recv().await;
    /// println!("finishing what is under way");
    /// # Ok(())
    /// # }
    /// ```
    terminate: SIGTERM;
    /// `SIGUSR1`: for the program to give a meaning. Ends the process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut report = signal(SignalKind::user_defined1())?;
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGUSR1) };
    /// report.recv().await;
    /// println!("{}", wakeful::runtime::Handle::current().dump());
    /// # Ok(())
    /// # }
    /// ```
    user_defined1: SIGUSR1;
    /// `SIGUSR2`: for the program to give a meaning. Ends the process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_ne!(SignalKind::user_defined2(), SignalKind::user_defined1());
    /// ```
    user_defined2: SIGUSR2;
    /// `SIGWINCH`: the size of the terminal has changed. Ignored by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::signal::unix::{SignalKind, signal};
    ///
    /// let mut resized = signal(SignalKind::window_change())?;
    /// # // SAFETY: `raise` takes a number; there is a handler for it.
    /// # unsafe { libc::raise(libc::SIGWINCH) };
    /// resized.recv().await;
    /// println!("drawing the screen anew");
    /// # Ok(())
    /// # }
    /// ```
    window_change: SIGWINCH;
}

impl SignalKind {
    /// Any signal by its number: a real-time signal, say.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// let terminate = SignalKind::from_raw(15);
    /// assert_eq!(terminate, SignalKind::terminate());
    /// ```
    pub const fn from_raw(signum: std::os::raw::c_int) -> Self {
        Self(signum)
    }

    /// The signal's number.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::signal::unix::SignalKind;
    ///
    /// assert_eq!(SignalKind::alarm().as_raw_value(), 14);
    /// ```
    pub const fn as_raw_value(&self) -> std::os::raw::c_int {
        self.0
    }
}

impl From<std::os::raw::c_int> for SignalKind {
    fn from(signum: std::os::raw::c_int) -> Self {
        Self::from_raw(signum)
    }
}

impl From<SignalKind> for std::os::raw::c_int {
    fn from(kind: SignalKind) -> Self {
        kind.as_raw_value()
    }
}
