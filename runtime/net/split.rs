//! The two halves of a stream, borrowed and owned, written once for TCP and Unix.
//!
//! `$pair` is a part of an example that makes `a` and `b`, connected; `b` has sent one byte.

/// Makes `ReadHalf`, `WriteHalf`, `OwnedReadHalf`, `OwnedWriteHalf` and `ReuniteError`.
macro_rules! split_halves {
    ($stream:ident, $addr:ty, $pair:expr) => {
        /// The reading half of a stream, borrowed.
        ///
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
        #[doc = $pair]
        /// let (mut reads, mut writes) = a.split();
        /// // Both at once, in one task.
        /// let (sent, received) = wakeful::join!(writes.write_all(b"ping"), reads.read_u8());
        /// sent?;
        /// assert_eq!(received?, b'!');
        /// # Ok(())
        /// # }
        /// ```
        #[doc = concat!("Made by [`", stringify!($stream), "::split`].")]
        #[derive(Debug)]
        pub struct ReadHalf<'a>(&'a $stream);

        /// The writing half of a stream, borrowed.
        ///
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
        #[doc = $pair]
        /// let (_reads, mut writes) = a.split();
        /// writes.write_all(b"ping").await?;
        /// writes.shutdown().await?; // the other side reads the end
        /// let mut text = String::new();
        /// b.read_to_string(&mut text).await?;
        /// assert_eq!(text, "ping");
        /// # Ok(())
        /// # }
        /// ```
        #[doc = concat!("Made by [`", stringify!($stream), "::split`].")]
        #[derive(Debug)]
        pub struct WriteHalf<'a>(&'a $stream);

        /// The reading half of a stream, owned. It can move to another task.
        ///
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::AsyncReadExt;
        #[doc = $pair]
        /// let (mut reads, _writes) = a.into_split();
        /// let task = wakeful::spawn(async move { reads.read_u8().await }); // borrows nothing
        /// assert_eq!(task.await??, b'!');
        /// # Ok(())
        /// # }
        /// ```
        #[doc = concat!("Made by [`", stringify!($stream), "::into_split`].")]
        #[derive(Debug)]
        pub struct OwnedReadHalf {
            inner: Arc<$stream>,
        }

        /// The writing half of a stream, owned. It can move to another task.
        ///
        /// When it is dropped the writing direction ends, as by a shutdown;
        /// [`forget`](Self::forget) leaves it open.
        ///
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::AsyncReadExt;
        #[doc = $pair]
        /// let (reads, writes) = a.into_split();
        /// drop(writes); // the other side reads the end
        /// assert_eq!(b.read(&mut [0; 8]).await?, 0);
        /// # drop(reads);
        /// # Ok(())
        /// # }
        /// ```
        #[doc = concat!("Made by [`", stringify!($stream), "::into_split`].")]
        #[derive(Debug)]
        pub struct OwnedWriteHalf {
            inner: Arc<$stream>,
            shutdown_on_drop: bool,
        }

        pub(crate) fn split(stream: &mut $stream) -> (ReadHalf<'_>, WriteHalf<'_>) {
            let stream = &*stream;
            (ReadHalf(stream), WriteHalf(stream))
        }

        pub(crate) fn into_split(stream: $stream) -> (OwnedReadHalf, OwnedWriteHalf) {
            let stream = Arc::new(stream);
            let read = OwnedReadHalf {
                inner: stream.clone(),
            };
            let write = OwnedWriteHalf {
                inner: stream,
                shutdown_on_drop: true,
            };
            (read, write)
        }

        fn reunite(
            read: OwnedReadHalf,
            write: OwnedWriteHalf,
        ) -> Result<$stream, ReuniteError> {
            if !Arc::ptr_eq(&read.inner, &write.inner) {
                return Err(ReuniteError(read, write));
            }
            write.forget();
            let whole = Arc::try_unwrap(read.inner);
            Ok(whole.expect("the two halves are all the owners there are"))
        }

        /// The two halves are not of the same stream. Gives them back.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// let ((one, _), (_, other)) = (a.into_split(), b.into_split());
        /// let error = one.reunite(other).unwrap_err();
        /// let (_one, _other) = (error.0, error.1); // not lost
        /// # Ok(())
        /// # }
        /// ```
        #[derive(Debug)]
        pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

        impl std::fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("tried to reunite halves that are not from the same socket")
            }
        }

        impl std::error::Error for ReuniteError {}

        impl OwnedReadHalf {
            /// Puts the halves together again.
            ///
            /// # Errors
            ///
            /// When they are not of the same stream. They are in the error.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let (reads, writes) = a.into_split();
            /// let whole = reads.reunite(writes).unwrap();
            /// whole.writable().await?; // still open
            /// # drop(b);
            /// # Ok(())
            /// # }
            /// ```
            pub fn reunite(self, other: OwnedWriteHalf) -> Result<$stream, ReuniteError> {
                reunite(self, other)
            }
        }

        impl OwnedWriteHalf {
            /// Puts the halves together again.
            ///
            /// # Errors
            ///
            /// When they are not of the same stream. They are in the error.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let ((reads, writes), (_, other)) = (a.into_split(), b.into_split());
            /// assert!(other.reunite(reads).is_err()); // of another stream
            /// # drop(writes);
            /// # Ok(())
            /// # }
            /// ```
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$stream, ReuniteError> {
                reunite(other, self)
            }

            /// Drops the half and leaves the writing direction open for as long as the reading
            /// half lives.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let (reads, writes) = a.into_split();
            /// writes.forget();
            /// assert!(b.try_read(&mut [0; 8]).is_err()); // `WouldBlock`, and not the end
            /// # drop(reads);
            /// # Ok(())
            /// # }
            /// ```
            pub fn forget(mut self) {
                self.shutdown_on_drop = false;
            }
        }

        impl Drop for OwnedWriteHalf {
            fn drop(&mut self) {
                if self.shutdown_on_drop {
                    // The peer may be gone already, which is as good.
                    let _ = self.inner.shutdown_write();
                }
            }
        }

        read_half_methods!(ReadHalf<'_>, $stream, $addr, |this| this.0, $pair);
        read_half_methods!(OwnedReadHalf, $stream, $addr, |this| this.inner, $pair);
        write_half_methods!(WriteHalf<'_>, $stream, $addr, |this| this.0, $pair);
        write_half_methods!(OwnedWriteHalf, $stream, $addr, |this| this.inner, $pair);

        impl_async_read!(ReadHalf<'_>, |this| this.0);
        impl_async_read!(OwnedReadHalf, |this| this.inner);
        impl_async_write!(WriteHalf<'_>, |this| this.0,
            shut_down: |this| this.0.shutdown_write());
        impl_async_write!(OwnedWriteHalf, |this| this.inner, shut_down: |this| {
            let result = this.inner.shutdown_write();
            if result.is_ok() {
                this.shutdown_on_drop = false;
            }
            result
        });
    };
}

/// What both halves offer.
macro_rules! half_methods {
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr, $pair:expr, $half:literal) => {
        impl AsRef<$stream> for $type {
            fn as_ref(&self) -> &$stream {
                let $this = self;
                &$inner
            }
        }

        impl $type {
            /// Waits until the socket is ready for any part of `interest`, and says for which.
            ///
            /// # Errors
            ///
            /// When the runtime is gone.
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
            /// use wakeful::io::Interest;
            #[doc = $pair]
            /// let (reads, writes) = a.split();
            #[doc = concat!("let ready = ", $half, ".ready(Interest::READABLE).await?;")]
            /// assert!(ready.is_readable()); // the other side has sent something
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> {
                self.as_ref().ready(interest)
            }

            /// The address of the other side.
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
            #[doc = $pair]
            /// let (reads, writes) = a.split();
            #[doc = concat!("println!(\"{:?}\", ", $half, ".peer_addr()?);")]
            /// # Ok(())
            /// # }
            /// ```
            pub fn peer_addr(&self) -> io::Result<$addr> {
                self.as_ref().peer_addr()
            }

            /// The address of this side.
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
            #[doc = $pair]
            /// let (reads, writes) = a.split();
            #[doc = concat!("println!(\"{:?}\", ", $half, ".local_addr()?);")]
            /// # Ok(())
            /// # }
            /// ```
            pub fn local_addr(&self) -> io::Result<$addr> {
                self.as_ref().local_addr()
            }
        }
    };
}

macro_rules! read_half_methods {
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr, $pair:expr) => {
        half_methods!($type, $stream, $addr, |$this| $inner, $pair, "reads");

        impl $type {
            /// Waits until there may be something to read.
            ///
            /// # Errors
            ///
            /// When the runtime is gone.
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
            #[doc = $pair]
            /// let (reads, _writes) = a.split();
            /// reads.readable().await?; // the other side has sent something
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
                self.as_ref().readable()
            }

            /// Reads what is there, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let (reads, _writes) = a.split();
            /// reads.readable().await?;
            /// assert_eq!(reads.try_read(&mut [0; 8])?, 1);
            /// assert!(reads.try_read(&mut [0; 8]).is_err()); // `WouldBlock`: that was all
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.as_ref().try_read(buf)
            }

            /// As [`try_read`](Self::try_read), into several buffers.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use std::io::IoSliceMut;
            #[doc = $pair]
            /// let (reads, _writes) = a.split();
            /// reads.readable().await?;
            /// let mut buf = [0; 8];
            /// assert_eq!(reads.try_read_vectored(&mut [IoSliceMut::new(&mut buf)])?, 1);
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_read_vectored(&self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                self.as_ref().try_read_vectored(bufs)
            }
        }
    };
}

macro_rules! write_half_methods {
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr, $pair:expr) => {
        half_methods!($type, $stream, $addr, |$this| $inner, $pair, "writes");

        impl $type {
            /// Waits until there may be room to write.
            ///
            /// # Errors
            ///
            /// When the runtime is gone.
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
            #[doc = $pair]
            /// let (_reads, writes) = a.split();
            /// writes.writable().await?;
            /// # drop(b);
            /// # Ok(())
            /// # }
            /// ```
            #[track_caller]
            pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
                self.as_ref().writable()
            }

            /// Writes as much as there is room for, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is no room.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            #[doc = $pair]
            /// let (_reads, writes) = a.split();
            /// writes.writable().await?;
            /// assert_eq!(writes.try_write(b"ping")?, 4);
            /// # drop(b);
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.as_ref().try_write(buf)
            }

            /// As [`try_write`](Self::try_write), from several buffers.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is no room.
            ///
            /// # Examples
            ///
            /// ```
            /// # #[wakeful::main(flavor = "current_thread")]
            /// # async fn main() -> std::io::Result<()> {
            /// use std::io::IoSlice;
            #[doc = $pair]
            /// let (_reads, writes) = a.split();
            /// writes.writable().await?;
            /// let bufs = [IoSlice::new(b"pi"), IoSlice::new(b"ng")];
            /// assert_eq!(writes.try_write_vectored(&bufs)?, 4);
            /// # drop(b);
            /// # Ok(())
            /// # }
            /// ```
            pub fn try_write_vectored(&self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                self.as_ref().try_write_vectored(bufs)
            }
        }
    };
}
