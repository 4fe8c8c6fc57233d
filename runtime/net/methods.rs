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
    ($read:ident, $write:ident) => {
        /// Polls for something to read. The last caller's waker is the one that is woken.
        ///
        /// # Errors
        ///
        /// When the runtime is gone.
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
        poll_ready_methods!(poll_read_ready, poll_write_ready);

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
        pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
            self.io
                .try_io(crate::io::Interest::WRITABLE, |mut io| io.write(buf))
        }

        /// As [`try_write`](Self::try_write), from several buffers, one after the other.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if there is no room.
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

/// Datagrams to and from the peer a socket is connected to.
macro_rules! datagram_methods {
    ($pair:expr) => {
        readiness_methods!($pair);
        poll_ready_methods!(poll_recv_ready, poll_send_ready);

        /// Sends one datagram to the peer that this socket is connected to.
        ///
        /// # Errors
        ///
        /// When it is connected to none, and what the operating system says.
        ///
        /// # Cancel safety
        ///
        /// A datagram whose future was dropped has not been sent.
        ///
        /// # Examples
        ///
        /// ```
        /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap()
        /// # .block_on(async {
        #[doc = $pair]
        /// a.send(b"ping").await?;
        /// let mut buf = [0; 16];
        /// let n = b.recv(&mut buf).await?;
        /// assert_eq!(&buf[..n], b"ping");
        /// # Ok::<(), std::io::Error>(()) }).unwrap();
        /// ```
        #[track_caller]
        pub fn send(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
            self.io
                .io(Interest::WRITABLE, Site::here(), move |_| self.io.send(buf))
        }

        /// Polls [`send`](Self::send). The last caller's waker is the one that is woken.
        ///
        /// # Errors
        ///
        /// Those of `send`.
        #[track_caller]
        pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            self.io
                .poll_io(cx, Direction::Write, Site::here(), |io| io.send(buf))
        }

        /// Sends one datagram to the peer, without waiting.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if there is no room, and those of [`send`](Self::send).
        pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
            self.io.try_io(Interest::WRITABLE, |io| io.send(buf))
        }

        /// Receives one datagram from the peer. What does not fit into `buf` is cut off.
        ///
        /// # Errors
        ///
        /// What the operating system says.
        ///
        /// # Cancel safety
        ///
        /// No datagram is lost.
        #[track_caller]
        pub fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
            self.io
                .io(Self::RECEIVES, Site::here(), move |_| self.io.recv(buf))
        }

        /// Polls [`recv`](Self::recv). The last caller's waker is the one that is woken.
        ///
        /// # Errors
        ///
        /// Those of `recv`.
        #[track_caller]
        pub fn poll_recv(
            &self,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let poll = self.io.poll_io(cx, Direction::Read, Site::here(), |io| {
                crate::net::kernel::receive_into(buf, |buf| Ok((SockRef::from(io).recv(buf)?, ())))
            });
            poll.map_ok(drop)
        }

        /// Receives one datagram from the peer, without waiting.
        ///
        /// # Errors
        ///
        /// `WouldBlock` if there is none.
        pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, |io| io.recv(buf))
        }
    };
}

/// To and from std's socket.
macro_rules! std_methods {
    ($std:ty, $mio:ty) => {
        /// Takes over a socket of std's. It must be in non-blocking mode.
        ///
        /// # Errors
        ///
        /// When the socket cannot be registered with the poller.
        ///
        /// # Panics
        ///
        /// Outside of a runtime, on one without I/O, and in debug builds if the socket is in
        /// blocking mode.
        #[track_caller]
        pub fn from_std(socket: $std) -> io::Result<Self> {
            crate::net::assert_nonblocking(&socket);
            Self::from_mio(<$mio>::from_std(socket))
        }

        /// Gives the socket to std. It stays in non-blocking mode.
        ///
        /// # Errors
        ///
        /// When the poller does not let go of it.
        pub fn into_std(self) -> io::Result<$std> {
            self.io.into_inner().map(Into::into)
        }

        #[track_caller]
        pub(crate) fn from_mio(socket: $mio) -> io::Result<Self> {
            Self::with_readiness(socket, crate::io::Ready::EMPTY)
        }

        /// `initial` is what the first operations may try before there was an event.
        #[track_caller]
        pub(crate) fn with_readiness(socket: $mio, initial: crate::io::Ready) -> io::Result<Self> {
            crate::net::register(socket, initial).map(|io| Self { io })
        }
    };
}

/// The traits by which std and others reach the descriptor.
macro_rules! impl_socket {
    ($type:ty, $std:ty) => {
        impl TryFrom<$std> for $type {
            type Error = io::Error;

            /// [`from_std`](Self::from_std).
            #[track_caller]
            fn try_from(socket: $std) -> io::Result<Self> {
                Self::from_std(socket)
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.io, f)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.io.as_raw_fd()
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.io.as_fd()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsRawSocket for $type {
            fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
                self.io.as_raw_socket()
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsSocket for $type {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                self.io.as_socket()
            }
        }
    };
}
