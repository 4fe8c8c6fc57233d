//! axum and reqwest, unmodified, on wakeful: both depend on tokio, and the patch in `Cargo.toml`
//! gives them ours.
//!
//! ```text
//! cargo run --release --example axum               # serves itself, and ends
//! cargo run --release --example axum -- --serve    # then: curl http://127.0.0.1:3000/sum?a=1&b=2
//! ```

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const CLIENTS: usize = 20;
const REQUESTS: usize = 50;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Visits = Arc<AtomicU64>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let visits = Visits::default();
    let app = Router::new()
        .route("/", get(|| async { "hello from wakeful" }))
        .route("/sum", get(sum))
        .route("/visits", get(visit))
        .route("/echo", post(|body: String| async { body }))
        .with_state(Arc::clone(&visits));

    if std::env::args().any(|argument| argument == "--serve") {
        let listener = TcpListener::bind("127.0.0.1:3000").await?;
        println!("listening on {}", listener.local_addr()?);
        let stop = async { tokio::signal::ctrl_c().await.expect("signals work") };
        axum::serve(listener, app)
            .with_graceful_shutdown(stop)
            .await?;
        return Ok(());
    }

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        axum::serve(listener, app)
            .with_graceful_shutdown(stop)
            .await
    });

    fetch_with_reqwest(&base).await?;
    assert_eq!(
        visits.load(Ordering::SeqCst),
        (CLIENTS * REQUESTS) as u64,
        "each visit counts once"
    );
    fetch_with_curl(&base).await?;

    drop(stop);
    server.await??;
    println!("the server has drained and ended");
    Ok(())
}

async fn sum(Query(numbers): Query<Vec<(String, i64)>>) -> Json<Value> {
    let sum: i64 = numbers.iter().map(|(_, number)| number).sum();
    Json(json!({ "sum": sum }))
}

async fn visit(State(visits): State<Visits>) -> String {
    (visits.fetch_add(1, Ordering::SeqCst) + 1).to_string()
}

/// Many clients at once, each on connections that reqwest keeps.
async fn fetch_with_reqwest(base: &str) -> Result<(), Failure> {
    let client = reqwest::Client::new();
    let hello = client.get(base).send().await?.text().await?;
    assert_eq!(hello, "hello from wakeful");
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let (client, base) = (client.clone(), base.to_owned());
        clients.spawn(async move {
            for _ in 0..REQUESTS {
                let visits = client.get(format!("{base}/visits")).send().await?;
                visits.error_for_status()?.text().await?;
            }
            let long = number.to_string().repeat(100_000);
            let echo = client.post(format!("{base}/echo"));
            let echo = echo.body(long.clone()).send().await?.text().await?;
            assert_eq!(echo, long);
            Ok::<_, reqwest::Error>(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    println!(
        "reqwest: {} requests answered",
        CLIENTS * (REQUESTS + 1) + 1
    );
    Ok(())
}

/// The same from another program, where there is one.
async fn fetch_with_curl(base: &str) -> Result<(), Failure> {
    let address = format!("{base}/sum?a=1&b=41");
    let mut curl = tokio::process::Command::new("curl");
    curl.args(["--silent", "--fail", &address])
        .stdin(Stdio::null());
    match curl.output().await {
        Ok(output) => {
            assert!(output.status.success(), "curl: {}", output.status);
            let answer: Value = serde_json::from_slice(&output.stdout)?;
            assert_eq!(answer, json!({ "sum": 42 }));
            println!("curl: {answer}");
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("curl: not installed, not asked");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
