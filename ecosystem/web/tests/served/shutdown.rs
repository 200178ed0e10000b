//! How a server ends.

use std::io;
use std::time::Duration;

use anyloop::io::AsyncWriteExt;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{Notify, oneshot};
use anyloop::task::JoinHandle;
use anyloop_web::{Client, serve};
use axum::Router;
use axum::routing::get as on_get;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::raw::{bounded, get, read_answer, read_to_end, refused};

struct Ending {
    addr: SocketAddr,
    /// A request to `/wait` is under way.
    begun: Arc<Notify>,
    /// It may end.
    finish: Arc<Notify>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl Ending {
    async fn start(drain: Duration) -> io::Result<Ending> {
        let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let shared = (Arc::clone(&begun), Arc::clone(&finish));
        let wait = move || async move {
            shared.0.notify_one();
            shared.1.notified().await;
            "it was waited for"
        };
        let router = Router::new().route("/", on_get(|| async { "ciao" })).route("/wait", on_get(wait));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = serve(listener, router)
            .drain_timeout(drain)
            .with_graceful_shutdown(async { drop(stopped.await) })
            .into_future();
        Ok(Ending { addr, begun, finish, stop, server: anyloop::spawn(server) })
    }
}

#[anyloop::test]
async fn it_answers_what_is_under_way_and_closes_what_is_idle() -> io::Result<()> {
    let Ending { addr, begun, finish, stop, server } = Ending::start(Duration::from_secs(30)).await?;
    let mut idle = TcpStream::connect(addr).await?;
    idle.write_all(get("/").as_bytes()).await?;
    read_answer(&mut idle).await?;
    let mut fresh = TcpStream::connect(addr).await?;
    let mut busy = TcpStream::connect(addr).await?;
    busy.write_all(get("/wait").as_bytes()).await?;
    bounded(begun.notified()).await;
    drop(stop);
    assert_eq!(read_to_end(&mut idle).await?, "");
    assert_eq!(read_to_end(&mut fresh).await?, "");
    refused(addr).await;
    assert!(!server.is_finished(), "it does not wait for the request");
    finish.notify_one();
    let (head, body) = read_answer(&mut busy).await?;
    assert!(head.contains("connection: close\r\n"), "{head}");
    assert_eq!(body, "it was waited for");
    bounded(server).await?
}

#[anyloop::test]
async fn what_takes_longer_is_cut_and_counted() -> io::Result<()> {
    let Ending { addr, begun, stop, server, .. } = Ending::start(Duration::from_millis(50)).await?;
    let mut busy = TcpStream::connect(addr).await?;
    busy.write_all(get("/wait").as_bytes()).await?;
    bounded(begun.notified()).await;
    drop(stop);
    assert_eq!(read_to_end(&mut busy).await?, "");
    let error = bounded(server).await?.expect_err("it was cut");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "1 connections had not finished 50ms after the server was told to end");
    Ok(())
}

#[anyloop::test]
async fn http2_streams_are_finished_too() -> Result<(), anyloop_web::BoxError> {
    let Ending { addr, begun, finish, stop, server } = Ending::start(Duration::from_secs(30)).await?;
    let client = Client::builder().http2_prior_knowledge().build();
    let url = format!("http://{addr}/wait");
    let busy = anyloop::spawn(async move { client.fetch(url).await?.text().await });
    bounded(begun.notified()).await;
    drop(stop);
    finish.notify_one();
    assert_eq!(bounded(busy).await??, "it was waited for");
    bounded(server).await??;
    Ok(())
}

#[anyloop::test]
async fn dropping_it_ends_its_connections() -> io::Result<()> {
    let Ending { addr, begun, server, stop: _stop, .. } = Ending::start(Duration::from_secs(30)).await?;
    let mut busy = TcpStream::connect(addr).await?;
    busy.write_all(get("/wait").as_bytes()).await?;
    bounded(begun.notified()).await;
    assert!(server.cancel().await.is_err(), "it ended by itself");
    assert_eq!(read_to_end(&mut busy).await?, "");
    refused(addr).await;
    Ok(())
}
