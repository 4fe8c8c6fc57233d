//! The futures of methods whose type has no name.

use std::net::SocketAddr;

use wakeful::io::Interest;
use wakeful::net::tcp::{OwnedReadHalf, OwnedWriteHalf, ReadHalf};
use wakeful::net::unix::pipe::{Receiver, Sender};
use wakeful::net::{
    TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSocket,
    UnixStream, lookup_host,
};

use crate::{any, futures, row};

#[test]
fn tcp() {
    futures! {
        lookup_host(any::<SocketAddr>()) => "++-";
        lookup_host(any::<&str>()) => "++-";
        TcpListener::bind(any::<SocketAddr>()) => "++-";
        TcpListener::bind(any::<&str>()) => "++-";
        TcpListener::accept(any()) => "++-";
        TcpSocket::connect(any(), any()) => "++-";
        TcpStream::connect(any::<SocketAddr>()) => "++-";
        TcpStream::connect(any::<&str>()) => "++-";
        TcpStream::peek(any(), any()) => "++-";
        TcpStream::ready(any(), Interest::READABLE) => "++-";
        TcpStream::readable(any()) => "++-";
        TcpStream::writable(any()) => "++-";
        TcpStream::async_io(any(), any(), any::<fn() -> std::io::Result<T>>()) => "++-" "++-" "++-";
        ReadHalf::peek(any(), any()) => "++-";
        OwnedReadHalf::peek(any(), any()) => "++-";
        OwnedReadHalf::readable(any()) => "++-";
        OwnedWriteHalf::writable(any()) => "++-";
        OwnedWriteHalf::ready(any(), any()) => "++-";
    }
}

#[test]
fn udp() {
    futures! {
        UdpSocket::bind(any::<SocketAddr>()) => "++-";
        UdpSocket::connect(any(), any::<SocketAddr>()) => "++-";
        UdpSocket::ready(any(), any()) => "++-";
        UdpSocket::readable(any()) => "++-";
        UdpSocket::writable(any()) => "++-";
        UdpSocket::send(any(), any()) => "++-";
        UdpSocket::send_to(any(), any(), any::<SocketAddr>()) => "++-";
        UdpSocket::recv(any(), any()) => "++-";
        UdpSocket::recv_buf(any(), any::<&mut Vec<u8>>()) => "++-";
        UdpSocket::recv_from(any(), any()) => "++-";
        UdpSocket::recv_buf_from(any(), any::<&mut Vec<u8>>()) => "++-";
        UdpSocket::peek(any(), any()) => "++-";
        UdpSocket::peek_from(any(), any()) => "++-";
        UdpSocket::peek_sender(any()) => "++-";
    }
}

#[test]
fn unix() {
    futures! {
        UnixStream::connect(any::<&str>()) => "++-";
        UnixStream::ready(any(), any()) => "++-";
        UnixStream::readable(any()) => "++-";
        UnixStream::writable(any()) => "++-";
        UnixListener::accept(any()) => "++-";
        UnixSocket::connect(any(), any::<&str>()) => "++-";
        UnixDatagram::ready(any(), any()) => "++-";
        UnixDatagram::readable(any()) => "++-";
        UnixDatagram::writable(any()) => "++-";
        UnixDatagram::send(any(), any()) => "++-";
        UnixDatagram::send_to(any(), any(), any::<&str>()) => "++-";
        UnixDatagram::recv(any(), any()) => "++-";
        UnixDatagram::recv_from(any(), any()) => "++-";
        Sender::ready(any(), any()) => "++-";
        Sender::writable(any()) => "++-";
        Receiver::ready(any(), any()) => "++-";
        Receiver::readable(any()) => "++-";
    }
}
