//! `AsyncReadExt`: what a program calls on a reader. Makes the futures of
//! [`read_futures`](super::read_futures).

use super::operations::{Read, ReadExact, ReadNumber, ReadToEnd, ReadToString};
use super::{AsyncRead, Chain, ReadBuf, Take};
use std::marker::PhantomPinned;

/// The methods that read one number each.
macro_rules! read_numbers {
    ($($name:ident: $number:ident, $size:literal,
        $order:literal, $from:ident, $to:literal;)*) => {$(
        #[doc = concat!("Reads ", $size, " as one `", stringify!($number), "`, ", $order, ".")]
        ///
        /// # Errors
        ///
        /// `UnexpectedEof` if the stream ends before that; else whatever the stream reports.
        ///
        /// # Cancel safety
        ///
        /// Not cancel safe: bytes that were read before the cancellation are lost.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::io::AsyncReadExt;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        #[doc = concat!("let bytes = (7 as ", stringify!($number), ").", $to, "();")]
        #[doc = concat!("assert_eq!((&bytes[..]).", stringify!($name), "().await?, 7 as ",
            stringify!($number), ");")]
        /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
        /// ```
        fn $name(&mut self) -> ReadNumber<'_, Self, $number, [u8; size_of::<$number>()]>
        where
            Self: Unpin,
        {
            ReadNumber::new(self, $number::$from)
        }
    )*};
}

/// Methods for every [`AsyncRead`].
///
/// # Examples
///
/// ```
/// use wakeful::io::AsyncReadExt;
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut here, there) = wakeful::io::duplex(64);
/// drop(there);
/// let mut rest = Vec::new();
/// assert_eq!(here.read_to_end(&mut rest).await?, 0);
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub trait AsyncReadExt: AsyncRead {
    /// This reader, and after its end `next`.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut both = b"wake".chain(&b"ful"[..]);
    /// let mut word = String::new();
    /// both.read_to_string(&mut word).await?;
    /// assert_eq!(word, "wakeful");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn chain<R>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
        R: AsyncRead,
    {
        Chain::new(self, next)
    }

    /// Reads some bytes into `buf` and returns how many.
    ///
    /// Zero means the end of the stream, or that `buf` is empty. `buf` is not filled just because
    /// more bytes will come: this returns as soon as there are any.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. Nothing was read then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: until it completes, no byte has left the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"hi";
    /// let mut buf = [0; 8];
    /// assert_eq!(stream.read(&mut buf).await?, 2);
    /// assert_eq!(stream.read(&mut buf).await?, 0); // the end
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self>
    where
        Self: Unpin,
    {
        Read {
            reader: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Reads some bytes into the free part of `buf`, which advances, and returns how many.
    ///
    /// Zero means the end of the stream, or that `buf` is full. A `Vec<u8>` or `BytesMut` is never
    /// full: it grows.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. Nothing was read then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: until it completes, no byte has left the stream and `buf` is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"appended";
    /// let mut buf = Vec::with_capacity(16);
    /// while stream.read_buf(&mut buf).await? > 0 {}
    /// assert_eq!(buf, b"appended");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    #[cfg(any(feature = "bytes", feature = "io-util"))]
    fn read_buf<'a, B>(&'a mut self, buf: &'a mut B) -> super::operations::ReadInto<'a, Self, B>
    where
        Self: Unpin,
        B: bytes::BufMut + ?Sized,
    {
        super::operations::ReadInto {
            reader: self,
            buf,
            pinned: PhantomPinned,
        }
    }

    /// Fills all of `buf` and returns its length.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the stream ends before that; else whatever the stream reports. What
    /// `buf` holds then is not specified.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: bytes that were read before the cancellation are in `buf`, but nothing
    /// says how many.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncReadExt, ErrorKind};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut stream: &[u8] = b"abcde";
    /// let mut pair = [0; 4];
    /// stream.read_exact(&mut pair).await?;
    /// assert_eq!(&pair, b"abcd");
    /// let error = stream.read_exact(&mut pair).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExact<'a, Self>
    where
        Self: Unpin,
    {
        ReadExact {
            reader: self,
            buf: ReadBuf::new(buf),
            pinned: PhantomPinned,
        }
    }

    read_numbers! {
        read_u8: u8, "1 byte", "which has no order", from_be_bytes, "to_be_bytes";
        read_i8: i8, "1 byte", "which has no order", from_be_bytes, "to_be_bytes";
        read_u16: u16, "2 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_i16: i16, "2 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_u32: u32, "4 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_i32: i32, "4 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_u64: u64, "8 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_i64: i64, "8 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_u128: u128, "16 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_i128: i128, "16 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_f32: f32, "4 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_f64: f64, "8 bytes", "big end first", from_be_bytes, "to_be_bytes";
        read_u16_le: u16, "2 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_i16_le: i16, "2 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_u32_le: u32, "4 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_i32_le: i32, "4 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_u64_le: u64, "8 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_i64_le: i64, "8 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_u128_le: u128, "16 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_i128_le: i128, "16 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_f32_le: f32, "4 bytes", "little end first", from_le_bytes, "to_le_bytes";
        read_f64_le: f64, "8 bytes", "little end first", from_le_bytes, "to_le_bytes";
    }

    /// Reads to the end of the stream, appends it to `buf`, and returns how many bytes it read.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. What was read before stays in `buf`.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing: bytes that were read before the cancellation are in `buf`. But nothing says
    /// that the stream did not end there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut buf = b"one, ".to_vec();
    /// assert_eq!(b"two".as_slice().read_to_end(&mut buf).await?, 3);
    /// assert_eq!(buf, b"one, two");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        ReadToEnd::new(self, buf)
    }

    /// Reads to the end of the stream, appends it to `dst`, and returns how many bytes it read.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the stream is not UTF-8; else whatever the stream reports. `dst` is as it
    /// was then, and what was read is lost.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read before the cancellation is lost. `dst` is as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut text = String::from("to the ");
    /// b"end".as_slice().read_to_string(&mut text).await?;
    /// assert_eq!(text, "to the end");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn read_to_string<'a>(&'a mut self, dst: &'a mut String) -> ReadToString<'a, Self>
    where
        Self: Unpin,
    {
        ReadToString::new(self, dst)
    }

    /// This reader, which ends after `limit` bytes if it does not end earlier.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncReadExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut line = Vec::new();
    /// wakeful::io::repeat(b'-').take(3).read_to_end(&mut line).await?;
    /// assert_eq!(line, b"---");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}
