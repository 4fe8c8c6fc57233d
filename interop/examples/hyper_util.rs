//! hyper-util, unmodified, on wakeful: its server serves, its pooled client fetches, and the server
//! shuts down after the last response.

use std::convert::Infallible;
use std::pin::pin;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;

const CLIENTS: usize = 16;
const REQUESTS: usize = 100;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(listener, stopped));

    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let client = client.clone();
        clients.spawn(async move {
            for number in 0..REQUESTS {
                let request = Request::get(format!("http://{addr}/{number}")).body(Full::default());
                let response = client.request(request?).await?;
                let body = response.into_body().collect().await?.to_bytes();
                assert_eq!(body, format!("you asked for /{number}"));
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    drop(client);
    stop.send(true)?;
    server.await??;
    println!(
        "{} requests answered, the server has drained",
        CLIENTS * REQUESTS
    );
    Ok(())
}

async fn serve(listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stop.wait_for(|stop| *stop));
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut stopped => break,
        };
        let builder = auto::Builder::new(TokioExecutor::new());
        let connection = builder
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .into_owned();
        tokio::spawn(graceful.watch(connection));
    }
    graceful.shutdown().await;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("you asked for {}", request.uri().path());
    Ok(Response::new(Full::from(text)))
}
