//! What tests do to their own process.

#![expect(unsafe_code, reason = "raising a signal, forking, asking for handlers")]

use std::io;

use wakeful::signal::unix::SignalKind;

/// Sends a signal to this thread: the handler has run when this returns.
pub(crate) fn raise(kind: SignalKind) {
    Thread::current().raise(kind);
}

/// Sends a signal to this process: any of its threads may get it, at any time from now on.
pub(crate) fn raise_somewhere(kind: SignalKind) {
    let itself = std::process::id() as libc::pid_t;
    // SAFETY: two numbers.
    let result = unsafe { libc::kill(itself, kind.as_raw_value()) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

/// A thread, to send signals to.
#[derive(Clone, Copy)]
pub(crate) struct Thread(libc::pthread_t);

impl Thread {
    pub(crate) fn current() -> Self {
        // SAFETY: it only asks.
        Self(unsafe { libc::pthread_self() })
    }

    /// The thread must not have ended.
    pub(crate) fn raise(self, kind: SignalKind) {
        // SAFETY: the caller keeps the thread alive.
        let result = unsafe { libc::pthread_kill(self.0, kind.as_raw_value()) };
        assert_eq!(result, 0);
    }
}

/// Runs `child` in a fork of this process, which ends with what it returns. Gives that.
pub(crate) fn fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child uses only its own thread, and ends without running anybody's cleanup.
    match unsafe { libc::fork() } {
        -1 => panic!("{}", io::Error::last_os_error()),
        0 => {
            let run = std::panic::AssertUnwindSafe(child);
            let status = std::panic::catch_unwind(run).unwrap_or(101);
            // SAFETY: nothing of ours runs after it.
            unsafe { libc::_exit(status) }
        }
        process => {
            let mut status = 0;
            // SAFETY: the pointer is to a number.
            let waited = unsafe { libc::waitpid(process, &raw mut status, 0) };
            assert_eq!(waited, process);
            assert!(libc::WIFEXITED(status), "the child died of {status}");
            libc::WEXITSTATUS(status)
        }
    }
}

pub(crate) type Plain = extern "C" fn(libc::c_int);
pub(crate) type Informed = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Somebody else's handler.
pub(crate) enum Handler {
    Plain(Plain),
    Informed(Informed),
    Ignore,
}

pub(crate) fn handle(kind: SignalKind, handler: Handler) {
    // SAFETY: zeros are a `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    (action.sa_sigaction, action.sa_flags) = match handler {
        Handler::Plain(function) => (function as usize, 0),
        Handler::Informed(function) => (function as usize, libc::SA_SIGINFO),
        Handler::Ignore => (libc::SIG_IGN, 0),
    };
    // SAFETY: the action is whole, and the handlers of these tests only count.
    let result = unsafe { libc::sigaction(kind.as_raw_value(), &action, std::ptr::null_mut()) };
    assert_eq!(result, 0);
}

/// The number that the kernel says a signal came with.
pub(crate) fn number_in(info: *mut libc::siginfo_t) -> libc::c_int {
    // SAFETY: the kernel gives a handler with SA_SIGINFO a whole `siginfo_t`.
    unsafe { (*info).si_signo }
}
