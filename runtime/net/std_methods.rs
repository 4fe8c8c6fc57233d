//! To and from the sockets of std, and the traits by which others reach the descriptor.
//!
//! For types with a field `io: Registered<_>`. `$std_example` is a part of an example that makes
//! `std`, a socket of std's; `$name` is the type's name.

/// To and from std's socket.
macro_rules! std_methods {
    ($std:ty, $mio:ty, $name:literal, $std_example:expr) => {
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $std_example]
        /// std.set_nonblocking(true)?;
        #[doc = concat!("let ours = wakeful::net::", $name, "::from_std(std)?;")]
        /// # drop(ours);
        /// # Ok(())
        /// # }
        /// ```
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
        ///
        /// # Examples
        ///
        /// ```
        /// # #[wakeful::main(flavor = "current_thread")]
        /// # async fn main() -> std::io::Result<()> {
        #[doc = $std_example]
        /// std.set_nonblocking(true)?;
        #[doc = concat!("let ours = wakeful::net::", $name, "::from_std(std)?;")]
        /// let std = ours.into_std()?;
        /// std.set_nonblocking(false)?; // for blocking calls again
        /// # Ok(())
        /// # }
        /// ```
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
