//! Methods that several sockets have in common, written once.
//!
//! Each macro stands in an `impl` block of a type with a field `io: Registered<_>`. `$pair` is a
//! part of an example that makes two, `a` and `b`.

/// Waiting for readiness, and operations of the caller's own making.
macro_rules! readiness_methods {
    ($pair:expr) => {
        /// Waits until the socket is ready for any part of `interest`, and says for which.
        ///
        /// The answer may be out of date: be prepared for `WouldBlock`.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// Nothing is lost. The socket stays ready until an operation says `WouldBlock`.
        ///
        /// # Examples
        ///
        /// ```
        /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
        /// # .block_on(async {
        /// use wakeful::io::Interest;
        ///
        #[doc = $pair]
        /// let ready = a.ready(Interest::READABLE | Interest::WRITABLE).await?;
        /// assert!(ready.is_writable());
        /// # Ok::<(), std::io::Error>(()) }).unwrap();
        /// ```
        #[track_caller]
        pub fn ready(
            &self,
            interest: crate::io::Interest,
        ) -> impl Future<Output = io::Result<crate::io::Ready>> {
            self.io
                .when_ready(interest, Site::here(), |event| Ok(event.ready()))
        }

        /// Waits until there may be something to read.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// Nothing is lost. The socket stays readable until an operation says `WouldBlock`.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::Interest;
        ///
        #[doc = $pair]
        /// let raw = socket2::SockRef::from(&a);
        /// let sends = a.async_io(Interest::WRITABLE, || raw.send(b"hello"));
        /// wakeful::try_join!(sends, b.readable())?; // it may be out of date: a read may wait
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
            self.io
                .when_ready(crate::io::Interest::READABLE, Site::here(), |_| Ok(()))
        }

        /// Waits until there may be room to write.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// Nothing is lost. The socket stays writable until an operation says `WouldBlock`.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// a.writable().await?; // it may be out of date: a write may still say `WouldBlock`
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
            self.io
                .when_ready(crate::io::Interest::WRITABLE, Site::here(), |_| Ok(()))
        }

        /// Calls `f` if the socket is ready for `interest`.
        ///
        /// `f` must say `WouldBlock` only if this socket did: it then counts as not ready.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if the socket is not ready; otherwise what `f` says.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use std::io::ErrorKind::WouldBlock;
        /// use wakeful::io::Interest;
        ///
        #[doc = $pair]
        /// // `f` is called only if the socket may be readable.
        /// let result = b.try_io(Interest::READABLE, || Err::<(), _>(WouldBlock.into()));
        /// assert_eq!(result.unwrap_err().kind(), WouldBlock);
        /// # drop(a);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_io<R>(
            &self,
            interest: crate::io::Interest,
            f: impl FnOnce() -> io::Result<R>,
        ) -> io::Result<R> {
            self.io.try_io(interest, |_| f())
        }

        /// Calls `f` until it does not say `WouldBlock`. Only this socket may make it say so.
        ///
        /// # Errors
        ///
        /// What `f` says, and when the runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// `f` is called at a poll and its result returned at the same one: nothing is lost.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::Interest;
        ///
        #[doc = $pair]
        /// // An operation that this type does not have, made of a system call.
        /// let sent = a.async_io(Interest::WRITABLE, || socket2::SockRef::from(&a).send(b"hello"));
        /// assert_eq!(sent.await?, 5);
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn async_io<R>(
            &self,
            interest: crate::io::Interest,
            mut f: impl FnMut() -> io::Result<R>,
        ) -> impl Future<Output = io::Result<R>> {
            self.io.io(interest, Site::here(), move |_| f())
        }
    };
}

/// Waiting by hand: the two poll functions of readiness, under the names given.
macro_rules! poll_ready_methods {
    ($pair:expr, $read:ident, $write:ident) => {
        /// Polls for something to read. The last caller's waker is the one that is woken.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// a.writable().await?;
        /// socket2::SockRef::from(&a).send(b"hello")?;
        #[doc = concat!("std::future::poll_fn(|cx| b.", stringify!($read), "(cx)).await?;")]
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn $read(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let source = self.io.registration();
            source.poll_read_ready(cx, Site::here()).map_ok(drop)
        }

        /// Polls for room to write. The last caller's waker is the one that is woken.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        #[doc = concat!("std::future::poll_fn(|cx| a.", stringify!($write), "(cx)).await?;")]
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
        #[track_caller]
        pub fn $write(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            let poll = self.io.registration().poll_write_ready(cx, Site::here());
            poll.map_ok(drop)
        }
    };
}

/// Bytes in, bytes out, without waiting.
macro_rules! stream_methods {
    ($pair:expr) => {
        readiness_methods!($pair);
        poll_ready_methods!($pair, poll_read_ready, poll_write_ready);

        /// Reads what is there, without waiting. `Ok(0)` is the end of the stream.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if nothing is there.
        ///
        /// # Examples
        ///
        /// ```
        /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
        /// # .block_on(async {
        #[doc = $pair]
        /// a.writable().await?;
        /// assert_eq!(a.try_write(b"hello")?, 5);
        ///
        /// let mut buf = [0; 8];
        /// let n = loop {
        ///     b.readable().await?;
        ///     match b.try_read(&mut buf) {
        ///         Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
        ///         result => break result?,
        ///     }
        /// };
        /// assert_eq!(&buf[..n], b"hello");
        /// # Ok::<(), std::io::Error>(()) }).unwrap();
        /// ```
        pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io
                .try_io(crate::io::Interest::READABLE, |mut io| io.read(buf))
        }

        /// As [`try_read`](Self::try_read), into several buffers, the first filled first.
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
        ///
        #[doc = $pair]
        /// a.writable().await?;
        /// a.try_write(b"headbody")?;
        /// let (mut head, mut body) = ([0; 4], [0; 8]);
        /// b.readable().await?;
        /// let mut bufs = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
        /// assert_eq!(b.try_read_vectored(&mut bufs)?, 8);
        /// assert_eq!((&head, &body[..4]), (b"head", &b"body"[..]));
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_read_vectored(&self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
            self.io.try_io(crate::io::Interest::READABLE, |mut io| {
                io.read_vectored(bufs)
            })
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
        /// use wakeful::io::ErrorKind;
        ///
        #[doc = $pair]
        /// a.writable().await?;
        /// let error = loop {
        ///     // Nobody reads: at some time there is no room.
        ///     if let Err(error) = a.try_write(&[0; 65536]) {
        ///         break error;
        ///     }
        /// };
        /// assert_eq!(error.kind(), ErrorKind::WouldBlock);
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
            self.io
                .try_io(crate::io::Interest::WRITABLE, |mut io| io.write(buf))
        }

        /// As [`try_write`](Self::try_write), from several buffers, one after the other.
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
        ///
        #[doc = $pair]
        /// a.writable().await?;
        /// let pieces = [IoSlice::new(b"head"), IoSlice::new(b"body")];
        /// assert_eq!(a.try_write_vectored(&pieces)?, 8);
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_write_vectored(&self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
            self.io.try_io(crate::io::Interest::WRITABLE, |mut io| {
                io.write_vectored(bufs)
            })
        }

        #[track_caller]
        pub(crate) fn poll_read_shared(
            &self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let (len, site) = (buf.remaining(), Site::here());
            let poll = self
                .io
                .poll_stream_io(cx, Direction::Read, site, len, |io| {
                    crate::net::kernel::receive_into(buf, |buf| {
                        Ok((SockRef::from(io).recv(buf)?, ()))
                    })
                    .map(|(n, ())| n)
                });
            poll.map_ok(drop)
        }

        #[track_caller]
        pub(crate) fn poll_write_shared(
            &self,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let (len, site) = (buf.len(), Site::here());
            self.io
                .poll_stream_io(cx, Direction::Write, site, len, |mut io| io.write(buf))
        }

        #[track_caller]
        pub(crate) fn poll_write_vectored_shared(
            &self,
            cx: &mut Context<'_>,
            bufs: &[io::IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let len = bufs.iter().map(|buf| buf.len()).sum();
            self.io
                .poll_stream_io(cx, Direction::Write, Site::here(), len, |mut io| {
                    io.write_vectored(bufs)
                })
        }

        pub(crate) fn shutdown_write(&self) -> io::Result<()> {
            match self.io.shutdown(std::net::Shutdown::Write) {
                // The other side was faster.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
                result => result,
            }
        }
    };
}

/// `AsyncRead` for what has `poll_read_shared`, reached by `$stream`.
macro_rules! impl_async_read {
    ($type:ty, |$this:ident| $stream:expr) => {
        impl crate::io::AsyncRead for $type {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let $this = &*self;
                $stream.poll_read_shared(cx, buf)
            }
        }
    };
}

/// `AsyncWrite` for what has `poll_write_shared`, reached by `$stream`.
macro_rules! impl_async_write {
    ($type:ty, |$this:ident| $stream:expr, shut_down: |$self:ident| $shut_down:expr) => {
        impl crate::io::AsyncWrite for $type {
            #[track_caller]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                let $this = &*self;
                $stream.poll_write_shared(cx, buf)
            }

            #[track_caller]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = &*self;
                $stream.poll_write_vectored_shared(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// Nothing is held back here: this does nothing.
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Ends the writing direction.
            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $self = self.get_mut();
                Poll::Ready($shut_down)
            }
        }
    };
}
