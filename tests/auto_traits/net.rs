//! `net`.

use wakeful::net;

use crate::{row, types};

#[test]
fn sockets() {
    types! {
        net::TcpListener: "+++++";
        net::TcpSocket: "+++++";
        net::TcpStream: "+++++";
        net::UdpSocket: "+++++";
        net::UnixDatagram: "+++++";
        net::UnixListener: "+++++";
        net::UnixSocket: "+++++";
        net::UnixStream: "+++++";
        net::tcp::OwnedReadHalf: "+++++";
        net::tcp::OwnedWriteHalf: "+++++";
        net::tcp::ReadHalf<'_>: "+++++";
        net::tcp::WriteHalf<'_>: "+++++";
        net::tcp::ReuniteError: "+++++";
        net::unix::OwnedReadHalf: "+++++";
        net::unix::OwnedWriteHalf: "+++++";
        net::unix::ReadHalf<'_>: "+++++";
        net::unix::WriteHalf<'_>: "+++++";
        net::unix::ReuniteError: "+++++";
        net::unix::SocketAddr: "+++++";
        net::unix::UCred: "+++++";
        net::unix::pipe::OpenOptions: "+++++";
        net::unix::pipe::Receiver: "+++++";
        net::unix::pipe::Sender: "+++++";
    }
}
