//! [`BufStream`]: a buffer for each direction of one stream.

use super::write::write_through;
use super::{
    AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, BufReader, BufWriter, DEFAULT_CAPACITY, ReadBuf,
};
use pin_project_lite::pin_project;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A stream with a buffer for reading and one for writing.
    ///
    /// A [`BufReader`] round a [`BufWriter`]; what those say holds here. A drop loses what the
    /// buffers hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut client, server) = wakeful::io::duplex(64);
    /// let mut server = BufStream::new(server);
    /// client.write_all(b"hello\n").await?;
    /// let mut line = String::new();
    /// server.read_line(&mut line).await?;
    /// server.write_all(line.as_bytes()).await?;
    /// server.flush().await?;
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct BufStream<RW> {
        #[pin]
        inner: BufReader<BufWriter<RW>>,
    }
}

impl<RW: AsyncRead + AsyncWrite> BufStream<RW> {
    /// A stream with two buffers of 8 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncBufReadExt, AsyncWriteExt, BufStream, duplex};
    ///
    /// let (near, far) = duplex(64);
    /// let (mut near, mut far) = (BufStream::new(near), BufStream::new(far));
    /// near.write_all(b"hello\n").await?;
    /// near.flush().await?; // it would wait in the buffer
    /// let mut line = String::new();
    /// far.read_line(&mut line).await?;
    /// assert_eq!(line, "hello\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(stream: RW) -> Self {
        Self::with_capacity(DEFAULT_CAPACITY, DEFAULT_CAPACITY, stream)
    }

    /// A stream with buffers of so many bytes.
    ///
    /// # Panics
    ///
    /// If `reader_capacity` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt, BufStream, duplex};
    ///
    /// let (near, mut far) = duplex(64);
    /// let mut near = BufStream::with_capacity(1024, 4, near);
    /// near.write_all(b"more than four").await?; // does not fit in, so it goes through
    /// let mut buf = [0; 14];
    /// far.read_exact(&mut buf).await?;
    /// assert_eq!(&buf, b"more than four");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn with_capacity(reader_capacity: usize, writer_capacity: usize, stream: RW) -> Self {
        let writer = BufWriter::with_capacity(writer_capacity, stream);
        Self {
            inner: BufReader::with_capacity(reader_capacity, writer),
        }
    }
}

impl<RW> BufStream<RW> {
    /// The stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use wakeful::io::BufStream;
    ///
    /// let stream = BufStream::new(Cursor::new(vec![1, 2, 3]));
    /// assert_eq!(stream.get_ref().get_ref().len(), 3);
    /// ```
    pub fn get_ref(&self) -> &RW {
        self.inner.get_ref().get_ref()
    }

    /// The stream. Using it directly bypasses what the buffers hold.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use wakeful::io::{AsyncReadExt, BufStream};
    ///
    /// let mut stream = BufStream::new(Cursor::new(vec![1, 2, 3]));
    /// stream.get_mut().set_position(2); // nothing was read so far
    /// assert_eq!(stream.read_u8().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut RW {
        self.inner.get_mut().get_mut()
    }

    /// The pinned stream. Using it directly bypasses what the buffers hold.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use std::pin::Pin;
    /// use wakeful::io::{AsyncReadExt, BufStream};
    ///
    /// let mut stream = BufStream::new(Cursor::new(vec![1, 2, 3]));
    /// Pin::new(&mut stream).get_pin_mut().set_position(2);
    /// assert_eq!(stream.read_u8().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut RW> {
        self.project().inner.get_pin_mut().get_pin_mut()
    }

    /// Gives the stream back. What the buffers hold is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[wakeful::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::io::Cursor;
    /// use wakeful::io::{AsyncWriteExt, BufStream};
    ///
    /// let mut stream = BufStream::new(Cursor::new(Vec::new()));
    /// stream.write_all(b"hello").await?;
    /// stream.flush().await?; // what is still in the buffer would be lost
    /// assert_eq!(stream.into_inner().into_inner(), b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> RW {
        self.inner.into_inner().into_inner()
    }
}

impl<RW> From<BufReader<BufWriter<RW>>> for BufStream<RW> {
    fn from(inner: BufReader<BufWriter<RW>>) -> Self {
        Self { inner }
    }
}

impl<RW> From<BufWriter<BufReader<RW>>> for BufStream<RW> {
    fn from(inner: BufWriter<BufReader<RW>>) -> Self {
        let (reader, writer) = inner.into_parts();
        let (stream, reader) = reader.into_parts();
        Self {
            inner: BufReader::from_parts(BufWriter::from_parts(stream, writer), reader),
        }
    }
}

impl<RW: AsyncRead + AsyncWrite> AsyncWrite for BufStream<RW> {
    write_through!(|this| this.project().inner);

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<RW: AsyncRead + AsyncWrite> AsyncRead for BufStream<RW> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

impl<RW: AsyncRead + AsyncWrite> AsyncBufRead for BufStream<RW> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amt: usize) {
        self.project().inner.consume(amt);
    }
}

/// What the read buffer holds is dropped, what the write buffer holds is written first.
impl<RW: AsyncRead + AsyncWrite + AsyncSeek> AsyncSeek for BufStream<RW> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.project().inner.start_seek(position)
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.project().inner.poll_complete(cx)
    }
}
