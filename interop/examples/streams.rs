//! tokio-stream and tokio-util, unmodified, on wakeful: channels, timers and sockets as streams.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{
    BroadcastStream, IntervalStream, ReceiverStream, TcpListenerStream, UnboundedReceiverStream,
    WatchStream,
};
use tokio_util::codec::{Framed, LinesCodec};
use tokio_util::sync::PollSender;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    channels().await?;
    timers().await;
    sockets().await?;
    println!("channels, timers and sockets are streams");
    Ok(())
}

async fn channels() -> Result<(), Failure> {
    let (sender, receiver) = mpsc::channel(2);
    let (unbounded, unbounded_receiver) = mpsc::unbounded_channel();
    let (broadcast, broadcast_receiver) = broadcast::channel(8);
    let (watch, watch_receiver) = watch::channel(0);
    tokio::spawn(async move {
        let mut sender = PollSender::new(sender);
        for number in 0..4 {
            sender.send(number).await.expect("the receiver is there");
        }
    });
    for number in 4..8 {
        unbounded.send(number)?;
    }
    drop(unbounded);
    let merged =
        ReceiverStream::new(receiver).merge(UnboundedReceiverStream::new(unbounded_receiver));
    let mut numbers: Vec<i32> = merged.collect().await;
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);

    broadcast.send("one")?;
    broadcast.send("two")?;
    drop(broadcast);
    let heard: Result<Vec<_>, _> = BroadcastStream::new(broadcast_receiver).collect().await;
    assert_eq!(heard?, ["one", "two"]);

    watch.send(5)?;
    drop(watch);
    let seen: Vec<i32> = WatchStream::new(watch_receiver).collect().await;
    assert_eq!(seen, [5]);
    Ok(())
}

async fn timers() {
    let ticks = IntervalStream::new(time::interval(Duration::from_millis(1)));
    let ticks: Vec<_> = ticks.take(5).collect().await;
    assert!(ticks.is_sorted());
    let pending = tokio_stream::pending::<()>();
    let mut slow = std::pin::pin!(pending.timeout(Duration::from_millis(1)));
    assert!(slow.try_next().await.is_err());
}

/// Lines over TCP, framed by tokio-util's codec.
async fn sockets() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let mut connections = TcpListenerStream::new(listener);
        while let Some(Ok(stream)) = connections.next().await {
            let lines = Framed::new(stream, LinesCodec::new());
            let (mut sink, stream) = futures_util::StreamExt::split(lines);
            let mut upper = stream.map(|line| line.map(|line| line.to_uppercase()));
            sink.send_all(&mut upper).await.expect("the client reads");
        }
    });
    let mut lines = Framed::new(TcpStream::connect(addr).await?, LinesCodec::new());
    for word in ["streams", "of", "lines"] {
        lines.send(word).await?;
        let answer = lines.next().await.expect("the server answers")?;
        assert_eq!(answer, word.to_uppercase());
    }
    server.abort();
    Ok(())
}
