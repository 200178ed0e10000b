use std::io;
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{mpsc, oneshot};
use anyloop::task::JoinSet;
use anyloop::time::timeout;

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (said, mut heard) = mpsc::channel(8);
    let (stop, stopped) = oneshot::channel();
    let server = anyloop::spawn(serve(listener, said, stopped));

    for name in ["anna", "bruno"] {
        println!("{}", greet(addr, name).await?);
        println!("heard {}", heard.recv().await.expect("the server runs"));
    }
    stop.send(()).expect("the server runs");
    println!("{} served", server.await??);
    Ok(())
}

async fn serve(
    listener: TcpListener,
    said: mpsc::Sender<String>,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<usize> {
    let mut clients = JoinSet::new();
    loop {
        anyloop::select! {
            biased;
            _ = &mut stopped => break,
            client = listener.accept() => {
                clients.spawn(answer(client?.0, said.clone()));
            }
        }
    }
    let mut served = 0;
    while let Some(client) = clients.join_next().await {
        client??;
        served += 1;
    }
    Ok(served)
}

async fn answer(mut client: TcpStream, said: mpsc::Sender<String>) -> io::Result<()> {
    let (reader, mut writer) = client.split();
    let mut name = String::new();
    timeout(Duration::from_secs(5), BufReader::new(reader).read_line(&mut name)).await??;
    writer.write_all(format!("ciao {name}").as_bytes()).await?;
    said.send(name.trim_end().to_owned()).await.map_err(io::Error::other)
}

async fn greet(addr: std::net::SocketAddr, name: &str) -> io::Result<String> {
    let mut server = TcpStream::connect(addr).await?;
    server.write_all(format!("{name}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}
