//! What a client asks and a server answers: the same bytes for every server.

use std::io::{self, Write};

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// 64 bytes, and the same back.
    Echo,
    /// A small request of HTTP/1.1 on a connection that is kept, and a small answer.
    Http,
}

const REQUEST: &[u8] = b"GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: \
    wakeful-benches\r\nAccept: text/plain\r\nConnection: keep-alive\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\n\
    Content-Length: 13\r\n\r\nHello, world!";
const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const ECHO: usize = 64;

/// What a server made of the bytes that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// So many bytes are done with.
    pub used: usize,
    /// It hangs up after what it sends now.
    pub close: bool,
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Echo, Self::Http];

    /// As on the command line, after `serve-`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Http => "http",
        }
    }

    /// As in the table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Echo => "TCP echo, 64 bytes",
            Self::Http => "HTTP/1.1 keep-alive",
        }
    }

    /// What a client sends.
    pub fn request(self) -> &'static [u8] {
        match self {
            Self::Echo => &[7; ECHO],
            Self::Http => REQUEST,
        }
    }

    /// The server's part: puts the answers to all requests in `input` into `output`.
    pub fn serve(self, input: &[u8], output: &mut Vec<u8>) -> Served {
        match self {
            Self::Echo => {
                output.extend_from_slice(input);
                let used = input.len();
                Served { used, close: false }
            }
            Self::Http => serve_http(input, output),
        }
    }

    /// The client's part: whether all of an answer is there.
    ///
    /// # Errors
    ///
    /// If it is not the right one.
    pub fn is_answered(self, input: &[u8]) -> io::Result<bool> {
        match self {
            Self::Echo => Ok(input.len() >= ECHO),
            Self::Http => is_answered(input),
        }
    }
}

/// Where a head ends, after its empty line.
fn end_of_head(input: &[u8]) -> Option<usize> {
    let end = input.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// The value of a header, without the spaces round it.
fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = head.split(|byte| *byte == b'\n').skip(1);
    lines.find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (this, value) = line.split_at(colon);
        this.eq_ignore_ascii_case(name)
            .then(|| value[1..].trim_ascii())
    })
}

fn serve_http(input: &[u8], output: &mut Vec<u8>) -> Served {
    let mut used = 0;
    while let Some(length) = end_of_head(&input[used..]) {
        let head = &input[used..used + length];
        used += length;
        let has_body = header(head, b"content-length").is_some_and(|length| length != b"0")
            || header(head, b"transfer-encoding").is_some();
        if !head.starts_with(b"GET /") || has_body {
            output.extend_from_slice(BAD);
            return Served { used, close: true };
        }
        output.extend_from_slice(ANSWER);
        if header(head, b"connection").is_some_and(|how| how.eq_ignore_ascii_case(b"close")) {
            return Served { used, close: true };
        }
    }
    Served { used, close: false }
}

fn is_answered(input: &[u8]) -> io::Result<bool> {
    let wrong = || io::Error::other(String::from_utf8_lossy(input).into_owned());
    let Some(length) = end_of_head(input) else {
        return Ok(false);
    };
    let head = &input[..length];
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(wrong());
    }
    let body = header(head, b"content-length").ok_or_else(wrong)?;
    let body: usize = str::from_utf8(body)
        .ok()
        .and_then(|body| body.parse().ok())
        .ok_or_else(wrong)?;
    Ok(input.len() >= length + body)
}

/// Bytes that came and were not answered yet, and the answers.
#[derive(Debug)]
pub struct Conversation {
    protocol: Protocol,
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
}

impl Conversation {
    /// A new one. Its buffer is larger than any request, so that a read finds it all.
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            input: vec![0; 4096],
            filled: 0,
            output: Vec::with_capacity(4096),
        }
    }

    /// Where to read to.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.input[self.filled..]
    }

    /// So many bytes were read. Says whether to hang up after sending [`output`](Self::output).
    pub fn read(&mut self, bytes: usize) -> bool {
        self.filled += bytes;
        self.output.clear();
        let input = &self.input[..self.filled];
        let Served { used, close } = self.protocol.serve(input, &mut self.output);
        self.input.copy_within(used..self.filled, 0);
        self.filled -= used;
        // A head that does not fit is no request.
        close || self.filled == self.input.len()
    }

    /// What is to be sent.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// Sends it all, from a loop that would rather not wait.
    ///
    /// # Errors
    ///
    /// What the stream says.
    pub fn send(&self, stream: &mut impl Write) -> io::Result<()> {
        stream.write_all(&self.output)
    }
}
