//! An HTTP/1 server and a client: hyper alone on wakeful, through the adapter in `src/lib.rs`.
//!
//! The client asks over one connection that is kept alive; the server answers what it was asked,
//! and closes a connection whose client says nothing for too long.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, client::conn::http1 as client};
use wakeful::net::{TcpListener, TcpStream};
use wakeful_interop::{Clock, Stream};

const REQUESTS: usize = 1_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[wakeful::main]
async fn main() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = wakeful::spawn(serve(listener));

    let stream = TcpStream::connect(addr).await?;
    let (mut sender, connection) = client::handshake(Stream(stream)).await?;
    let connection = wakeful::spawn(connection);
    for number in 0..REQUESTS {
        let text = format!("request {number}");
        let request = Request::post("/echo")
            .header("host", addr.to_string())
            .body(Full::new(Bytes::from(text.clone())))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        assert_eq!(response.status(), 200);
        let body = response.into_body().collect().await?.to_bytes();
        assert_eq!(body, text);
    }
    drop(sender);
    connection.await??;

    // Nothing is said on this connection: the server's timer ends it.
    let mut silent = TcpStream::connect(addr).await?;
    let mut said = Vec::new();
    wakeful::io::AsyncReadExt::read_to_end(&mut silent, &mut said).await?;
    server.abort();
    println!("{REQUESTS} requests answered, one silent connection closed");
    Ok(())
}

async fn serve(listener: TcpListener) -> Result<(), std::io::Error> {
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = server::Builder::new()
            .timer(Clock)
            .header_read_timeout(Duration::from_millis(200))
            .serve_connection(Stream(stream), service_fn(echo));
        // An error here is the client's: it went away, or was silent for too long.
        wakeful::spawn(connection);
    }
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => Bytes::from(error.to_string()),
    };
    Ok(Response::new(Full::new(body)))
}
