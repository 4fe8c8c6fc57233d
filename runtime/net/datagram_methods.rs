//! What connected datagram sockets have in common, written once.
//!
//! As `methods`, on which it stands: for types with a field `io: Registered<_>` and a constant
//! `RECEIVES`. `$pair` is a part of an example that makes two, `a` and `b`.

/// Datagrams to and from the peer a socket is connected to.
macro_rules! datagram_methods {
    ($pair:expr) => {
        readiness_methods!($pair);
        poll_ready_methods!($pair, poll_recv_ready, poll_send_ready);

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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// assert_eq!(std::future::poll_fn(|cx| a.poll_send(cx, b"ping")).await?, 4);
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// a.writable().await?;
        /// assert_eq!(a.try_send(b"ping")?, 4);
        /// # drop(b);
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $pair]
        /// a.send(b"a long one").await?;
        /// a.send(b"next").await?;
        /// let mut buf = [0; 6];
        /// assert_eq!(b.recv(&mut buf).await?, 6); // the rest of it is lost
        /// assert_eq!(b.recv(&mut buf).await?, 4);
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::ReadBuf;
        ///
        #[doc = $pair]
        /// a.send(b"ping").await?;
        /// let mut memory = [0; 16];
        /// let mut buf = ReadBuf::new(&mut memory);
        /// std::future::poll_fn(|cx| b.poll_recv(cx, &mut buf)).await?;
        /// assert_eq!(buf.filled(), b"ping");
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        /// use wakeful::io::ErrorKind;
        ///
        #[doc = $pair]
        /// let mut buf = [0; 16];
        /// assert_eq!(b.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        /// a.send(b"ping").await?;
        /// b.readable().await?;
        /// assert_eq!(b.try_recv(&mut buf)?, 4);
        /// # Ok(())
        /// # }
        /// ```
        pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
            self.io.try_io(Interest::READABLE, |io| io.recv(buf))
        }
    };
}
