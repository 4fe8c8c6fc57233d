//! Options of a `TcpStream`.

use std::io;
use std::time::Duration;

use socket2::SockRef;

use crate::net::TcpStream;

impl TcpStream {
    /// True if small writes are sent at once (`TCP_NODELAY`).
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert!(!a.nodelay()?); // small writes may wait for others
    /// # Ok(())
    /// # }
    /// ```
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.nodelay()
    }

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// a.set_nodelay(true)?;
    /// assert!(a.nodelay()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.set_nodelay(nodelay)
    }

    /// True if received data is acknowledged at once (`TCP_QUICKACK`).
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// println!("acknowledges at once: {}", a.quickack()?);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn quickack(&self) -> io::Result<bool> {
        SockRef::from(self).tcp_quickack()
    }

    /// Whether received data is acknowledged at once (`TCP_QUICKACK`). The system may unset it.
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// a.set_quickack(true)?; // until the system decides otherwise
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        SockRef::from(self).set_tcp_quickack(quickack)
    }

    /// How long a close waits for unsent data (`SO_LINGER`).
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert_eq!(a.linger()?, None); // a close does not wait
    /// # Ok(())
    /// # }
    /// ```
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self).linger()
    }

    /// How long a close waits for unsent data (`SO_LINGER`), in whole seconds.
    ///
    /// With a duration above zero, dropping the stream blocks the thread for up to that long.
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// use std::time::Duration;
    ///
    /// #[allow(deprecated)]
    /// a.set_linger(Some(Duration::from_secs(1)))?;
    /// assert_eq!(a.linger()?, Some(Duration::from_secs(1)));
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated = "a close would block the thread: use `set_zero_linger`, or shut down and wait"]
    pub fn set_linger(&self, limit: Option<Duration>) -> io::Result<()> {
        SockRef::from(self).set_linger(limit)
    }

    /// A close drops unsent data and resets the connection. It does not block.
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// a.set_zero_linger()?;
    /// drop(a); // resets the connection
    /// let error = b.read(&mut [0; 8]).await.unwrap_err();
    /// assert_eq!(error.kind(), wakeful::io::ErrorKind::ConnectionReset);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(self).set_linger(Some(Duration::ZERO))
    }

    /// The time to live (hops) of packets sent by this socket.
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// assert!(a.ttl()? > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.ttl()
    }

    /// Sets the time to live (hops) of packets sent by this socket.
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
    /// # use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    /// # let listener = wakeful::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let mut a = wakeful::net::TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut b, _) = listener.accept().await?;
    /// a.set_ttl(42)?;
    /// assert_eq!(a.ttl()?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.set_ttl(ttl)
    }
}
