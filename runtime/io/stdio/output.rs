//! `Stdout` and `Stderr`: what the process writes.
//!
//! One call on the pool at a time, and its bytes travel with it. A call that was accepted is made
//! even if the runtime shuts down first.

use std::cmp::min;
use std::io::{self, Write};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::engine::pool_call::{PoolCall, gone};
use crate::io::AsyncWrite;
use crate::leaf::Site;

/// The most bytes that one write takes. tokio's.
const MAX_WRITE: usize = 2 * 1024 * 1024;

/// Writes to one of std's two streams.
#[derive(Debug)]
struct Output {
    /// A handle of std's for each call.
    open: fn() -> Box<dyn Write>,
    state: State,
    /// Something was written since the last flush.
    unflushed: bool,
}

#[derive(Debug)]
enum State {
    /// With an empty buffer to use again.
    Idle(Vec<u8>),
    Busy(PoolCall<(io::Result<()>, Vec<u8>)>),
}

impl Output {
    fn new(open: fn() -> Box<dyn Write>) -> Self {
        Self {
            open,
            state: State::Idle(Vec::new()),
            unflushed: false,
        }
    }

    /// Waits for the call under way, and reports its error.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        match &mut self.state {
            State::Idle(buffer) => Poll::Ready(Ok(mem::take(buffer))),
            State::Busy(call) => {
                let result = ready!(Pin::new(call).poll(cx));
                self.state = State::Idle(Vec::new());
                let (result, mut buffer) = result?;
                buffer.clear();
                Poll::Ready(result.map(|()| buffer))
            }
        }
    }

    fn start(
        &mut self,
        site: Site,
        buffer: Vec<u8>,
        call: fn(&mut dyn Write, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let open = self.open;
        let call = PoolCall::start_mandatory(site, move || (call(&mut *open(), &buffer), buffer));
        self.state = State::Busy(call.ok_or_else(gone)?);
        Ok(())
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        site: Site,
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ready!(self.poll_idle(cx))?;
        let count = min(bytes.len(), MAX_WRITE);
        buffer.extend_from_slice(&bytes[..count]);
        self.start(site, buffer, |output, bytes| output.write_all(bytes))?;
        self.unflushed = true;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<io::Result<()>> {
        loop {
            let buffer = ready!(self.poll_idle(cx))?;
            if !self.unflushed {
                self.state = State::Idle(buffer);
                return Poll::Ready(Ok(()));
            }
            self.unflushed = false;
            self.start(site, buffer, |output, _| output.flush())?;
        }
    }
}

/// `Stdout` and `Stderr` differ in their name and in what is said of them.
macro_rules! output {
    ($(#[$type_doc:meta])* $type:ident, $(#[$fn_doc:meta])* $open:ident) => {
        $(#[$type_doc])*
        #[derive(Debug)]
        pub struct $type {
            output: Output,
            std: io::$type,
        }

        $(#[$fn_doc])*
        #[must_use]
        pub fn $open() -> $type {
            $type {
                output: Output::new(|| Box::new(io::$open())),
                std: io::$open(),
            }
        }

        impl AsyncWrite for $type {
            #[track_caller]
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.output.poll_write(cx, buf, Site::here())
            }

            #[track_caller]
            fn poll_flush(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.output.poll_flush(cx, Site::here())
            }

            #[track_caller]
            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.output.poll_flush(cx, Site::here())
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.std.as_fd()
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.std.as_raw_fd()
            }
        }
    };
}

output! {
    /// The standard output of the process.
    ///
    /// Made by [`stdout`]. A write is done in the background: it returns once the bytes are
    /// accepted, and the next operation waits for it and reports its error.
    ///
    /// Each handle is a writer of its own. Use one for what is to keep its order, **flush it after
    /// the last write**, and write in large pieces: each is handed over to another thread. The
    /// bytes go through [`std::io::stdout`], which keeps those after the last line end until a
    /// flush, or the end of the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncWriteExt, stdout};
    ///
    /// #[wakeful::main]
    /// async fn main() -> std::io::Result<()> {
    ///     let mut out = stdout();
    ///     for line in ["one\n", "two\n"] {
    ///         out.write_all(line.as_bytes()).await?;
    ///     }
    ///     out.flush().await
    /// }
    /// ```
    Stdout,
    /// The standard output of the process. Each call makes a new writer.
    ///
    /// # Panics
    ///
    /// Its operations panic when they are polled outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncWriteExt, stdout};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut out = stdout();
    /// out.write_all(b"hello\n").await?;
    /// out.flush().await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    stdout
}

output! {
    /// The standard error of the process.
    ///
    /// Made by [`stderr`]. A write is done in the background: it returns once the bytes are
    /// accepted, and the next operation waits for it and reports its error. Flush it after the last
    /// write. Use one handle for what is to keep its order.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncWriteExt, stderr};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut errors = stderr();
    /// errors.write_all(b"something went wrong\n").await?;
    /// errors.flush().await?;
    /// # Ok::<(), std::io::Error>(()) }).unwrap();
    /// ```
    Stderr,
    /// The standard error of the process. Each call makes a new writer.
    ///
    /// # Panics
    ///
    /// Its operations panic when they are polled outside of a runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncWriteExt, stderr};
    ///
    /// let mut errors = stderr();
    /// errors.write_all(b"something went wrong\n").await?;
    /// errors.flush().await?; // the write is done in the background
    /// # Ok(())
    /// # }
    /// ```
    stderr
}
