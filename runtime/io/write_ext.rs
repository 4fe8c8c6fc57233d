//! `AsyncWriteExt`: what a program calls on a writer. Makes the futures of
//! [`write_futures`](super::write_futures).

use super::AsyncWrite;
use super::operations::{Flush, Shutdown, Write, WriteAll, WriteNumber, WriteVectored};
use std::io::IoSlice;
use std::marker::PhantomPinned;

/// The methods that write one number each.
macro_rules! write_numbers {
    ($($name:ident: $number:ident, $size:literal,
        $order:literal, $to:ident, $from:literal;)*) => {$(
        #[doc = concat!("Writes `n` as ", $size, ", ", $order, ".")]
        ///
        /// # Errors
        ///
        /// `WriteZero` if the stream takes no more bytes before that; else whatever the stream
        /// reports.
        ///
        /// # Cancel safety
        ///
        /// Not cancel safe: nothing says how many of the bytes were written.
        ///
        /// # Examples
        ///
        /// ```
        /// use wakeful::io::AsyncWriteExt;
        ///
        /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        /// let mut bytes = Vec::new();
        #[doc = concat!("bytes.", stringify!($name), "(7 as ", stringify!($number), ").await?;")]
        #[doc = concat!("let n = ", stringify!($number), "::", $from,
            "(bytes.try_into().unwrap());")]
        #[doc = concat!("assert_eq!(n, 7 as ", stringify!($number), ");")]
        /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
        /// ```
        fn $name(&mut self, n: $number) -> WriteNumber<'_, Self, [u8; size_of::<$number>()]>
        where
            Self: Unpin,
        {
            WriteNumber::new(self, n.$to())
        }
    )*};
}

/// Methods for every [`AsyncWrite`].
///
/// # Examples
///
/// ```
/// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
///
/// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (mut here, mut there) = wakeful::io::duplex(64);
/// here.write_all(b"ping").await?;
/// here.shutdown().await?;
/// let mut word = String::new();
/// there.read_to_string(&mut word).await?;
/// assert_eq!(word, "ping");
/// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
/// ```
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes some bytes of `src` and returns how many.
    ///
    /// Zero means that the stream takes no more bytes, or that `src` is empty.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports. Nothing was written then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: until it completes, no byte was written.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut here, _there) = wakeful::io::duplex(4);
    /// assert_eq!(here.write(b"too long").await?, 4);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn write<'a>(&'a mut self, src: &'a [u8]) -> Write<'a, Self>
    where
        Self: Unpin,
    {
        Write {
            writer: self,
            buf: src,
            pinned: PhantomPinned,
        }
    }

    /// Like [`write`](Self::write) with the bytes in several pieces.
    ///
    /// # Errors
    ///
    /// Those of `write`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: until it completes, no byte was written.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::IoSlice;
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut page = Vec::new();
    /// let pieces = [IoSlice::new(b"head "), IoSlice::new(b"body")];
    /// assert_eq!(page.write_vectored(&pieces).await?, 9);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn write_vectored<'a, 'b>(&'a mut self, bufs: &'a [IoSlice<'b>]) -> WriteVectored<'a, 'b, Self>
    where
        Self: Unpin,
    {
        WriteVectored {
            writer: self,
            bufs,
            pinned: PhantomPinned,
        }
    }

    /// Writes some bytes of `src`, which advances by that much, and returns how many.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: until it completes, no byte was written and `src` has not advanced.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut here, _there) = wakeful::io::duplex(4);
    /// let mut rest: &[u8] = b"too long";
    /// here.write_buf(&mut rest).await?;
    /// assert_eq!(rest, b"long");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    #[cfg(any(feature = "bytes", feature = "io-util"))]
    fn write_buf<'a, B>(&'a mut self, src: &'a mut B) -> super::operations::WriteBuf<'a, Self, B>
    where
        Self: Unpin,
        B: bytes::Buf + ?Sized,
    {
        super::operations::WriteBuf {
            writer: self,
            buf: src,
            pinned: PhantomPinned,
        }
    }

    /// Writes all that `src` has left. `src` advances with each write.
    ///
    /// # Errors
    ///
    /// `WriteZero` if the stream takes no more bytes; else whatever the stream reports. `src` has
    /// advanced by what was written.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing: `src` has advanced by what was written, so that another call goes on from
    /// there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut page = Vec::new();
    /// let mut rest: &[u8] = b"all of it";
    /// page.write_all_buf(&mut rest).await?;
    /// assert!(rest.is_empty());
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    #[cfg(any(feature = "bytes", feature = "io-util"))]
    fn write_all_buf<'a, B>(
        &'a mut self,
        src: &'a mut B,
    ) -> super::operations::WriteAllBuf<'a, Self, B>
    where
        Self: Unpin,
        B: bytes::Buf + ?Sized,
    {
        super::operations::WriteAllBuf {
            writer: self,
            buf: src,
            pinned: PhantomPinned,
        }
    }

    /// Writes all of `src`.
    ///
    /// # Errors
    ///
    /// `WriteZero` if the stream takes no more bytes; else whatever the stream reports. Nothing
    /// says how much was written then.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: a part of `src` may have been written, and nothing says how much.
    /// `write_all_buf` says it.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::AsyncWriteExt;
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut page = Vec::new();
    /// page.write_all(b"all of it").await?;
    /// assert_eq!(page, b"all of it");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn write_all<'a>(&'a mut self, src: &'a [u8]) -> WriteAll<'a, Self>
    where
        Self: Unpin,
    {
        WriteAll {
            writer: self,
            buf: src,
            pinned: PhantomPinned,
        }
    }

    write_numbers! {
        write_u8: u8, "1 byte", "which has no order", to_be_bytes, "from_be_bytes";
        write_i8: i8, "1 byte", "which has no order", to_be_bytes, "from_be_bytes";
        write_u16: u16, "2 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_i16: i16, "2 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_u32: u32, "4 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_i32: i32, "4 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_u64: u64, "8 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_i64: i64, "8 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_u128: u128, "16 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_i128: i128, "16 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_f32: f32, "4 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_f64: f64, "8 bytes", "big end first", to_be_bytes, "from_be_bytes";
        write_u16_le: u16, "2 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_i16_le: i16, "2 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_u32_le: u32, "4 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_i32_le: i32, "4 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_u64_le: u64, "8 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_i64_le: i64, "8 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_u128_le: u128, "16 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_i128_le: i128, "16 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_f32_le: f32, "4 bytes", "little end first", to_le_bytes, "from_le_bytes";
        write_f64_le: f64, "8 bytes", "little end first", to_le_bytes, "from_le_bytes";
    }

    /// Passes on everything the writer itself still holds.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was not passed on is still held.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncWriteExt, BufWriter};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let mut page = BufWriter::new(Vec::new());
    /// page.write_all(b"held").await?;
    /// assert!(page.get_ref().is_empty());
    /// page.flush().await?;
    /// assert_eq!(page.get_ref(), b"held");
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn flush(&mut self) -> Flush<'_, Self>
    where
        Self: Unpin,
    {
        Flush {
            writer: self,
            pinned: PhantomPinned,
        }
    }

    /// Flushes, and tells the other side that no more bytes come.
    ///
    /// # Errors
    ///
    /// Whatever the stream reports.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: another call goes on from there.
    ///
    /// # Examples
    ///
    /// ```
    /// use wakeful::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # wakeful::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let (mut here, mut there) = wakeful::io::duplex(8);
    /// here.shutdown().await?;
    /// assert_eq!(there.read(&mut [0; 8]).await?, 0);
    /// # Ok::<(), wakeful::io::Error>(()) }).unwrap();
    /// ```
    fn shutdown(&mut self) -> Shutdown<'_, Self>
    where
        Self: Unpin,
    {
        Shutdown {
            writer: self,
            pinned: PhantomPinned,
        }
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}
