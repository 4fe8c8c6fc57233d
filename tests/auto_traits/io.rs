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
        io::futures::FillBuf<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadLine<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadUntil<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Read<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadExact<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadToEnd<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadToString<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::ReadInto<'_, Io<T>, Vec<u8>>: "++--+" "+----" "----+";
        io::futures::ReadNumber<'_, Io<T>, u8, [u8; 1]>: "++--+" "+----" "----+";
        io::futures::Rewind<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Seek<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Flush<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Shutdown<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Write<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::WriteAll<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::WriteNumber<'_, Io<T>, [u8; 1]>: "++--+" "+----" "----+";
        io::futures::WriteVectored<'_, '_, Io<T>>: "++--+" "+----" "----+";
        io::futures::WriteAllBuf<'_, Io<T>, bytes::Bytes>: "++--+" "+----" "----+";
        io::futures::WriteBuf<'_, Io<T>, bytes::Bytes>: "++--+" "+----" "----+";
        io::futures::NextLine<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::NextSegment<'_, Io<T>>: "++--+" "+----" "----+";
        io::futures::Copy<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
        io::futures::CopyBuf<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
        io::futures::CopyBidirectional<'_, Io<T>, Io<u8>>: "++--+" "+----" "----+";
    }
}
