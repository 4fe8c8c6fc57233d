//! HTTP/1.1 with keep-alive, as little as a soak needs: `POST` with a length, answered with its
//! body. The path is what is to become of the connection.

use std::io;
use std::sync::Arc;

use wakeful::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use wakeful::net::TcpStream;

use crate::server::{ABORT, Ledger, ON_REQUEST, PANIC, Suicide, unless_silent};

/// The first line, and the length of what follows the empty line. `None` at the end of the stream.
pub(crate) async fn head(
    stream: &mut (impl AsyncBufRead + Unpin),
) -> io::Result<Option<(String, usize)>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
            Some(_) => {}
            None if line == "\r\n" => return Ok(Some((first, length))),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

pub(crate) async fn serve(
    stream: TcpStream,
    suicide: Suicide,
    ledger: Arc<Ledger>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some((request, length)) = unless_silent(head(&mut stream)).await? {
        match request.as_bytes().get("POST /".len()) {
            Some(&PANIC) => panic!("{ON_REQUEST}"),
            Some(&ABORT) => return suicide.commit().await,
            _ => {}
        }
        let mut body = vec![0; length];
        unless_silent(stream.read_exact(&mut body)).await?;
        ledger.read(length);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.flush().await?;
        ledger.written(length);
    }
    Ok(())
}
