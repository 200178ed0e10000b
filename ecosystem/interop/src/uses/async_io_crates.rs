//! Crates that stand on async-io, or on a thread of their own.

use async_tungstenite::tungstenite::Message;
use futures_lite::{AsyncReadExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use smol_hyper::rt::FuturesIo;

use crate::servers::Service::{Dbus, Dovecot, Nginx, Peer};
use crate::{Env, Meter, Outcome, ensure, ensure_eq, peer};

pub(super) async fn tungstenite(env: Env, meter: Meter) -> Outcome {
    let address = peer::address(env.address(Peer)?, "ws")?;
    let (mut messages, _) = async_tungstenite::smol::connect_async(format!("ws://{address}/")).await?;
    meter
        .each(async || {
            messages.send(Message::text("ciao")).await?;
            ensure_eq!(messages.next().await.ok_or("the peer has closed")??, Message::text("ciao"));
            Ok(())
        })
        .await?;
    messages.close(None).await?;
    Ok(())
}

pub(super) async fn isahc(env: Env, meter: Meter) -> Outcome {
    let client = isahc::HttpClient::new()?;
    let url = format!("http://{}/large", env.address(Nginx)?);
    meter
        .each(async || {
            let mut answer = client.get_async(&url).await?;
            let mut body = Vec::new();
            answer.body_mut().read_to_end(&mut body).await?;
            ensure_eq!((answer.status().as_u16(), body.len()), (200, 65536));
            Ok(())
        })
        .await
}

pub(super) async fn imap(env: Env, meter: Meter) -> Outcome {
    let socket = async_net::TcpStream::connect(env.address(Dovecot)?).await?;
    let mut client = async_imap::Client::new(socket);
    client.read_response().await?.ok_or("no greeting")?;
    let mut session = client.login("anna", "secret").await.map_err(|(error, _)| error)?;
    session.append("INBOX", None, None, "Subject: ciao\r\n\r\nCome stai?\r\n").await?;
    let inbox = session.select("INBOX").await?;
    ensure!(inbox.exists >= 1, "the letter did not arrive");
    meter
        .each(async || {
            session.noop().await?;
            Ok(())
        })
        .await?;
    let letters: Vec<_> = session.fetch("1", "BODY[TEXT]").await?.collect().await;
    let letter = letters.into_iter().next().ok_or("no letter")??;
    ensure_eq!(letter.text(), Some(b"Come stai?\r\n".as_slice()));
    session.logout().await?;
    Ok(())
}

/// What we put on the bus.
struct Greeter;

#[zbus::interface(name = "org.anyloop.Greeter")]
impl Greeter {
    fn greet(&self, name: &str) -> String {
        format!("ciao {name}")
    }
}

pub(super) async fn zbus(env: Env, meter: Meter) -> Outcome {
    let connect = || zbus::connection::Builder::address(env.address(Dbus).unwrap_or_default());
    let served = connect().serve_at("/greeter", Greeter).build().await?;
    let name = served.unique_name().ok_or("the bus gave no name")?.to_owned();
    let caller = connect().build().await?;
    let greeter = zbus::Proxy::new(&caller, name, "/greeter", "org.anyloop.Greeter").await?;
    let greeting: String = greeter.call("Greet", &"EuroPython").await?;
    ensure_eq!(greeting, "ciao EuroPython");
    let bus = zbus::fdo::DBusProxy::new(&caller).await?;
    meter
        .each(async || {
            ensure!(!bus.get_id().await?.as_str().is_empty(), "the bus has no name");
            Ok(())
        })
        .await
}

pub(super) async fn smol_hyper(env: Env, meter: Meter) -> Outcome {
    let socket = async_net::TcpStream::connect(env.address(Nginx)?).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(FuturesIo::new(socket)).await?;
    let connection = smol::spawn(connection);
    meter
        .each(async || {
            let request =
                hyper::Request::get("/hello").header("host", "localhost").body(Empty::<Bytes>::new())?;
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            ensure_eq!(answer.into_body().collect().await?.to_bytes(), "ciao\n");
            Ok(())
        })
        .await?;
    drop(sender);
    connection.await?;
    Ok(())
}
