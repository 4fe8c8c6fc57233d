//! Storage with one position, slow and fallible by script: what a file is.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use wakeful::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use crate::socket::Step;

#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: u64,
    pub(crate) steps: VecDeque<Step>,
    /// A seek that was started and has not ended.
    seeking: Option<SeekFrom>,
}

impl Disk {
    pub(crate) fn new(bytes: Vec<u8>, steps: &[Step]) -> Self {
        Self {
            bytes,
            steps: steps.iter().copied().collect(),
            ..Self::default()
        }
    }

    fn step(&mut self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        match self.steps.pop_front() {
            None => Poll::Ready(Ok(usize::MAX)),
            Some(Step::Most(most)) => Poll::Ready(Ok(most)),
            Some(Step::Interrupted) => Poll::Ready(Err(ErrorKind::Interrupted.into())),
            Some(Step::Fails(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Later | Step::Answer(_) | Step::AnswerAtEnd) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// What lies behind the position.
    pub(crate) fn ahead(&self) -> &[u8] {
        self.bytes.get(self.at as usize..).unwrap_or_default()
    }
}

impl AsyncRead for Disk {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = ready!(self.step(cx))?;
        let count = most.min(buf.remaining()).min(self.ahead().len());
        buf.put_slice(&self.ahead()[..count]);
        self.at += count as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Disk {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(self.step(cx))?.min(buf.len());
        let (at, end) = (self.at as usize, self.at as usize + count);
        if count > 0 {
            let length = end.max(self.bytes.len());
            self.bytes.resize(length, 0);
            self.bytes[at..end].copy_from_slice(&buf[..count]);
        }
        self.at = end as u64;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step(cx).map_ok(drop)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step(cx).map_ok(drop)
    }
}

impl AsyncSeek for Disk {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        assert_eq!(self.seeking, None, "two seeks at once");
        self.seeking = Some(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let Some(to) = self.seeking else {
            return Poll::Ready(Ok(self.at));
        };
        if let Some(Step::Later) = self.steps.front() {
            return self.step(cx).map_ok(|_| 0);
        }
        self.seeking = None;
        self.at = moved(self.at, self.bytes.len(), to).ok_or(ErrorKind::InvalidInput)?;
        Poll::Ready(Ok(self.at))
    }
}

/// Where a seek leads, if not to before the beginning.
pub(crate) fn moved(at: u64, length: usize, to: SeekFrom) -> Option<u64> {
    match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::End(by) => (length as u64).checked_add_signed(by),
        SeekFrom::Current(by) => at.checked_add_signed(by),
    }
}
