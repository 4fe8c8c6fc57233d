//! The two halves of a stream, borrowed and owned, written once for TCP and Unix.

/// Makes `ReadHalf`, `WriteHalf`, `OwnedReadHalf`, `OwnedWriteHalf` and `ReuniteError`.
macro_rules! split_halves {
    ($stream:ident, $addr:ty) => {
        /// The reading half of a stream, borrowed.
        ///
        #[doc = concat!("Made by [`", stringify!($stream), "::split`].")]
        #[derive(Debug)]
        pub struct ReadHalf<'a>(&'a $stream);

        /// The writing half of a stream, borrowed.
        ///
        #[doc = concat!("Made by [`", stringify!($stream), "::split`].")]
        #[derive(Debug)]
        pub struct WriteHalf<'a>(&'a $stream);

        /// The reading half of a stream, owned. It can move to another task.
        ///
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
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$stream, ReuniteError> {
                reunite(other, self)
            }

            /// Drops the half and leaves the writing direction open for as long as the reading
            /// half lives.
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

        read_half_methods!(ReadHalf<'_>, $stream, $addr, |this| this.0);
        read_half_methods!(OwnedReadHalf, $stream, $addr, |this| this.inner);
        write_half_methods!(WriteHalf<'_>, $stream, $addr, |this| this.0);
        write_half_methods!(OwnedWriteHalf, $stream, $addr, |this| this.inner);

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
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr) => {
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
            #[track_caller]
            pub fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> {
                self.as_ref().ready(interest)
            }

            /// The address of the other side.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            pub fn peer_addr(&self) -> io::Result<$addr> {
                self.as_ref().peer_addr()
            }

            /// The address of this side.
            ///
            /// # Errors
            ///
            /// What the operating system says.
            pub fn local_addr(&self) -> io::Result<$addr> {
                self.as_ref().local_addr()
            }
        }
    };
}

macro_rules! read_half_methods {
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr) => {
        half_methods!($type, $stream, $addr, |$this| $inner);

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
            #[track_caller]
            pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
                self.as_ref().readable()
            }

            /// Reads what is there, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.as_ref().try_read(buf)
            }

            /// As [`try_read`](Self::try_read), into several buffers.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there.
            pub fn try_read_vectored(&self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                self.as_ref().try_read_vectored(bufs)
            }
        }
    };
}

macro_rules! write_half_methods {
    ($type:ty, $stream:ident, $addr:ty, |$this:ident| $inner:expr) => {
        half_methods!($type, $stream, $addr, |$this| $inner);

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
            #[track_caller]
            pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
                self.as_ref().writable()
            }

            /// Writes as much as there is room for, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is no room.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.as_ref().try_write(buf)
            }

            /// As [`try_write`](Self::try_write), from several buffers.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is no room.
            pub fn try_write_vectored(&self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                self.as_ref().try_write_vectored(bufs)
            }
        }
    };
}
