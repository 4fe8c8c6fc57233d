//! The halves of a `TcpStream`. `net::split` has the text; peeking is TCP's own.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::io::{Interest, ReadBuf, Ready};
use crate::net::TcpStream;

split_halves!(
    TcpStream,
    SocketAddr,
    "let listener = wakeful::net::TcpListener::bind(\"127.0.0.1:0\").await?;\n\
     let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;\n\
     let (mut b, _) = listener.accept().await?;\n\
     b.writable().await?;\n\
     b.try_write(b\"!\")?;\n"
);

macro_rules! peek_methods {
    ($($type:ty),*) => {$(
        impl $type {
            /// Polls [`peek`](Self::peek).
            ///
            /// # Errors
            ///
            /// What the operating system says.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use wakeful::io::ReadBuf;
            ///
            /// # use wakeful::io::AsyncWriteExt;
            /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
            /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
            /// # let (mut b, _) = listener.accept().await?;
            /// b.write_all(b"hello").await?;
            /// let (mut reads, _writes) = a.split();
            /// let mut memory = [0; 8];
            /// let mut buf = ReadBuf::new(&mut memory);
            /// assert_eq!(std::future::poll_fn(|cx| reads.poll_peek(cx, &mut buf)).await?, 5);
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn poll_peek(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<usize>> {
                (*self).as_ref().poll_peek(cx, buf)
            }

            /// Receives bytes and leaves them in the stream: the next read gets them again.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            ///
            /// # Cancel safety
            ///
            /// Nothing is lost.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// # use wakeful::io::AsyncWriteExt;
            /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
            /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
            /// # let (mut b, _) = listener.accept().await?;
            /// b.write_all(b"hello").await?;
            /// let (mut reads, _writes) = a.split();
            /// assert_eq!(reads.peek(&mut [0; 8]).await?, 5);
            /// assert_eq!(reads.try_read(&mut [0; 8])?, 5); // it was left there
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn peek(&mut self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
                (*self).as_ref().peek(buf)
            }
        }
    )*};
}

peek_methods!(ReadHalf<'_>, OwnedReadHalf);
