//! `io`.

use std::marker::PhantomData;
use std::os::fd::{AsRawFd, RawFd};

use wakeful::io;

use crate::{Io, row, types};

/// A descriptor with the auto traits of `T`.
struct Fd<T>(PhantomData<T>);

impl<T> AsRawFd for Fd<T> {
    fn as_raw_fd(&self) -> RawFd {
        -1
    }
}

#[test]
fn streams() {
    types! {
        io::BufReader<Io<T>>: "+++++" "+-++-" "--+++";
        io::BufStream<Io<T>>: "+++++" "+-++-" "--+++";
        io::BufWriter<Io<T>>: "+++++" "+-++-" "--+++";
        io::Chain<Io<T>, Io<u8>>: "+++++" "+-++-" "--+++";
        io::Chain<Io<u8>, Io<T>>: "+++++" "+-++-" "--+++";
        io::Join<Io<T>, Io<u8>>: "+++++" "+-++-" "--+++";
        io::Join<Io<u8>, Io<T>>: "+++++" "+-++-" "--+++";
        io::Lines<Io<T>>: "+++++" "+-++-" "--+++";
        io::ReadHalf<Io<T>>: "+++++" "+-+++" "--+++";
        io::WriteHalf<Io<T>>: "+++++" "+-+++" "--+++";
        io::Split<Io<T>>: "+++++" "+-++-" "--+++";
        io::Take<Io<T>>: "+++++" "+-++-" "--+++";
        io::DuplexStream: "+++--";
        io::SimplexStream: "+++++";
        io::Empty: "+++++";
        io::Repeat: "+++++";
        io::Sink: "+++++";
        io::Interest: "+++++";
        io::Ready: "+++++";
        io::ReadBuf<'_>: "+++-+";
    }
}

/// tokio-util's.
#[test]
fn wrappers() {
    types! {
        io::compat::Compat<Io<T>>: "+++++" "+-++-" "--+++";
    }
}

#[test]
fn descriptors() {
    types! {
        io::unix::AsyncFd<Fd<T>>: "+++--" "+-+--" "--+--";
        io::unix::AsyncFdReadyGuard<'_, Fd<T>>: "+++--" "--+--" "--+--";
        io::unix::AsyncFdReadyMutGuard<'_, Fd<T>>: "+++--" "+-+--" "--+--";
        io::unix::AsyncFdRegisterError<Fd<T>>: "+++--" "+-+--" "--+--";
        io::unix::TryIoError: "+++++";
    }
}

#[test]
fn named_futures() {
    types! {
        io::operations::FillBuf<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadLine<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadUntil<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::Read<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadExact<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadToEnd<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadToString<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::ReadInto<'_, Io<T>, Vec<u8>>: "++--+" "+----" "----+";
        io::operations::ReadNumber<'_, Io<T>, u8, [u8; 1]>: "++--+" "+----" "----+";
        io::operations::Seek<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::Flush<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::Shutdown<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::Write<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::WriteAll<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::WriteNumber<'_, Io<T>, [u8; 1]>: "++--+" "+----" "----+";
        io::operations::WriteVectored<'_, '_, Io<T>>: "++--+" "+----" "----+";
        io::operations::WriteAllBuf<'_, Io<T>, bytes::Bytes>: "++--+" "+----" "----+";
        io::operations::WriteBuf<'_, Io<T>, bytes::Bytes>: "++--+" "+----" "----+";
        io::operations::NextLine<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::NextSegment<'_, Io<T>>: "++--+" "+----" "----+";
        io::operations::Copy<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
        io::operations::CopyBuf<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
        io::operations::CopyBidirectional<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
    }
}
