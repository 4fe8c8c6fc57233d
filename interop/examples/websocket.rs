//! tokio-tungstenite, unmodified, on wakeful: a WebSocket server that echoes, clients that check.

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

const CLIENTS: usize = 10;
const MESSAGES: usize = 100;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("ws://{}", listener.local_addr()?);
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(echo(stream));
        }
        #[allow(unreachable_code, reason = "it tells the type of the block")]
        Ok::<(), Failure>(())
    });

    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(talk(address.clone(), client));
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    server.abort();
    println!("{} messages came back", CLIENTS * MESSAGES);
    Ok(())
}

async fn echo(stream: TcpStream) -> Result<(), Failure> {
    let (mut sink, mut stream) = accept_async(stream).await?.split();
    while let Some(message) = stream.next().await {
        let message = message?;
        if message.is_close() {
            break;
        }
        sink.send(message).await?;
    }
    Ok(())
}

async fn talk(address: String, client: usize) -> Result<(), Failure> {
    let (mut socket, _) = connect_async(address).await?;
    for number in 0..MESSAGES {
        let text = format!("{client}: message {number}");
        socket.send(Message::text(text.clone())).await?;
        let answer = socket.next().await.expect("the server answers")?;
        assert_eq!(answer, Message::text(text));
    }
    socket.close(None).await?;
    Ok(())
}
