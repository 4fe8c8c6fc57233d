//! The halves of a `UnixStream`. `net::split` has the text.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::io::{Interest, ReadBuf, Ready};
use crate::net::UnixStream;
use crate::net::unix::SocketAddr;

split_halves!(
    UnixStream,
    SocketAddr,
    "let (mut a, mut b) = wakeful::net::UnixStream::pair()?;\n\
     b.writable().await?;\n\
     b.try_write(b\"!\")?;\n"
);
