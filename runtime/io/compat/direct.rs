//! The traits of `futures` for streams of ours, without a wrapper.
//!
//! Rust's rule of coherence allows this type by type, not for whatever has our traits. So each
//! type has a line: here those of `io`, in the compat modules of other folders theirs.

use std::io;
use std::task::{Poll, ready};

use crate::io::ReadBuf;

/// Reads into a slice: what came, in bytes.
pub(crate) fn read_with(
    buf: &mut [u8],
    read: impl FnOnce(&mut ReadBuf<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<usize>> {
    let mut buf = ReadBuf::new(buf);
    ready!(read(&mut buf))?;
    Poll::Ready(Ok(buf.filled().len()))
}

/// `[parameters] type;`, for types that have our `AsyncRead`.
macro_rules! readers {
    ($([$($parameters:tt)*] $type:ty;)*) => {$(
        impl<$($parameters)*> futures_io::AsyncRead for $type {
            #[track_caller]
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                crate::io::compat::direct::read_with(buf, |buf| {
                    crate::io::AsyncRead::poll_read(self, cx, buf)
                })
            }
        }
    )*};
}

/// `[parameters] type;`, for types that have our `AsyncBufRead`.
macro_rules! buffered_readers {
    ($([$($parameters:tt)*] $type:ty;)*) => {$(
        impl<$($parameters)*> futures_io::AsyncBufRead for $type {
            #[track_caller]
            fn poll_fill_buf(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<&[u8]>> {
                crate::io::AsyncBufRead::poll_fill_buf(self, cx)
            }

            fn consume(self: std::pin::Pin<&mut Self>, amount: usize) {
                crate::io::AsyncBufRead::consume(self, amount);
            }
        }
    )*};
}

/// `[parameters] type;`, for types that have our `AsyncWrite`.
macro_rules! writers {
    ($([$($parameters:tt)*] $type:ty;)*) => {$(
        impl<$($parameters)*> futures_io::AsyncWrite for $type {
            #[track_caller]
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                crate::io::AsyncWrite::poll_write(self, cx, buf)
            }

            #[track_caller]
            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                crate::io::AsyncWrite::poll_write_vectored(self, cx, bufs)
            }

            #[track_caller]
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                crate::io::AsyncWrite::poll_flush(self, cx)
            }

            #[track_caller]
            fn poll_close(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                crate::io::AsyncWrite::poll_shutdown(self, cx)
            }
        }
    )*};
}

#[cfg(not(loom))]
pub(crate) use {readers, writers};

mod ours {
    use crate::io::{
        AsyncBufRead, AsyncRead, AsyncWrite, BufReader, BufStream, BufWriter, Chain, DuplexStream,
        Empty, Join, ReadHalf, Repeat, SimplexStream, Sink, Take, WriteHalf,
    };

    readers! {
        [] DuplexStream;
        [] SimplexStream;
        [] Empty;
        [] Repeat;
        [R: AsyncRead] BufReader<R>;
        [W: AsyncRead] BufWriter<W>;
        [S: AsyncRead + AsyncWrite] BufStream<S>;
        [A: AsyncRead, B: AsyncRead] Chain<A, B>;
        [R: AsyncRead] Take<R>;
        [R: AsyncRead, W] Join<R, W>;
        [S: AsyncRead] ReadHalf<S>;
    }

    buffered_readers! {
        [] Empty;
        [R: AsyncRead] BufReader<R>;
        [W: AsyncBufRead] BufWriter<W>;
        [S: AsyncRead + AsyncWrite] BufStream<S>;
        [A: AsyncBufRead, B: AsyncBufRead] Chain<A, B>;
        [R: AsyncBufRead] Take<R>;
        [R: AsyncBufRead, W] Join<R, W>;
    }

    writers! {
        [] DuplexStream;
        [] SimplexStream;
        [] Empty;
        [] Sink;
        [R: AsyncWrite] BufReader<R>;
        [W: AsyncWrite] BufWriter<W>;
        [S: AsyncRead + AsyncWrite] BufStream<S>;
        [R, W: AsyncWrite] Join<R, W>;
        [S: AsyncWrite] WriteHalf<S>;
    }
}
