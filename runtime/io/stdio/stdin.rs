//! `Stdin`: what the process is given to read.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use super::input::Input;
use crate::io::{AsyncRead, ReadBuf};
use crate::leaf::Site;

/// The standard input of the process.
///
/// Made by [`stdin`]. Put a [`BufReader`](crate::io::BufReader) around it to read lines.
///
/// A thread of its own blocks in the read, so a read that waits holds up neither the end of the
/// runtime nor that of the process. It reads only on request. Bytes that came for a read that was
/// cancelled are there for the next read of any `Stdin`; those that a `BufReader` has taken are
/// lost with that. Several that read at once get pieces in no order.
///
/// It works on any executor. It reads through [`std::io::stdin`], whose lock it holds meanwhile.
///
/// # Examples
///
/// ```
/// # #[wakeful::main]
/// # async fn main() -> std::io::Result<()> {
/// # use std::{io::{Seek, Write}, os::fd::AsRawFd};
/// # let mut input = tempfile::tempfile()?;
/// # input.write_all(b"one\ntwo\n")?;
/// # input.rewind()?;
/// # // SAFETY: `dup2` takes two numbers. The example has its process to itself.
/// # unsafe { libc::dup2(input.as_raw_fd(), 0) };
/// use wakeful::io::{AsyncBufReadExt, BufReader, stdin};
///
/// let mut lines = BufReader::new(stdin()).lines();
/// while let Some(line) = lines.next_line().await? {
///     println!("{}", line.to_uppercase());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stdin {
    input: Arc<Input>,
    reader: u64,
    std: io::Stdin,
}

/// The standard input of the process.
///
/// # Examples
///
/// ```
/// # #[wakeful::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # use std::{io::{Seek, Write}, os::fd::AsRawFd};
/// # let mut input = tempfile::tempfile()?;
/// # input.write_all(b"one\ntwo\n")?;
/// # input.rewind()?;
/// # // SAFETY: `dup2` takes two numbers. The example has its process to itself.
/// # unsafe { libc::dup2(input.as_raw_fd(), 0) };
/// use wakeful::io::{AsyncReadExt, stdin};
///
/// let mut all = String::new();
/// stdin().read_to_string(&mut all).await?;
/// # assert_eq!(all, "one\ntwo\n");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn stdin() -> Stdin {
    static INPUT: OnceLock<Arc<Input>> = OnceLock::new();
    let input = INPUT.get_or_init(|| Input::new(Box::new(|bytes| io::stdin().read(bytes))));
    Stdin::of(input)
}

impl Stdin {
    pub(super) fn of(input: &Arc<Input>) -> Self {
        Self {
            reader: input.reader(),
            input: Arc::clone(input),
            std: io::stdin(),
        }
    }
}

impl AsyncRead for Stdin {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.input.poll_read(cx, self.reader, buf, Site::here())
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        self.input.leave(self.reader);
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Stdin {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.std.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Stdin {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.std.as_raw_fd()
    }
}
