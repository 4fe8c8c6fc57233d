//! The traits of `futures` for sockets and pipes. `io::compat` says how.

use crate::io::compat::direct::{readers, writers};
use crate::net::{TcpStream, tcp};

readers! {
    [] TcpStream;
    [] tcp::ReadHalf<'_>;
    [] tcp::OwnedReadHalf;
}

writers! {
    [] TcpStream;
    [] tcp::WriteHalf<'_>;
    [] tcp::OwnedWriteHalf;
}

#[cfg(unix)]
mod unix {
    use super::{readers, writers};
    use crate::net::{UnixStream, unix};

    readers! {
        [] UnixStream;
        [] unix::ReadHalf<'_>;
        [] unix::OwnedReadHalf;
        [] unix::pipe::Receiver;
    }

    writers! {
        [] UnixStream;
        [] unix::WriteHalf<'_>;
        [] unix::OwnedWriteHalf;
        [] unix::pipe::Sender;
    }
}
