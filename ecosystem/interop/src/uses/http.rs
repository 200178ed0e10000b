//! HTTP and websockets, by crates that stand on tokio.

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::servers::Service::{Nginx, Peer};
use crate::{Env, Meter, Outcome, ensure_eq, peer};

pub(super) async fn reqwest(env: Env, meter: Meter) -> Outcome {
    let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(20)).build()?;
    let url = format!("http://{}/large", env.address(Nginx)?);
    meter
        .each(async || {
            let answer = client.get(&url).send().await?.error_for_status()?;
            ensure_eq!(answer.bytes().await?.len(), 65536);
            Ok(())
        })
        .await
}

pub(super) async fn hyper_util_client(env: Env, meter: Meter) -> Outcome {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let url: hyper::Uri = format!("http://{}/hello", env.address(Nginx)?).parse()?;
    meter
        .each(async || {
            let answer = client.get(url.clone()).await?;
            ensure_eq!(answer.status(), 200);
            ensure_eq!(answer.into_body().collect().await?.to_bytes(), "ciao\n");
            Ok(())
        })
        .await
}

pub(super) async fn axum(_: Env, meter: Meter) -> Outcome {
    let hello = axum::routing::get(async |path: axum::extract::Path<String>| format!("ciao {}\n", path.0));
    let app = axum::Router::new().route("/hello/{name}", hello);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hello/EuroPython", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(server.into_future());
    let client = reqwest::Client::builder().no_proxy().build()?;
    meter
        .each(async || {
            ensure_eq!(client.get(&url).send().await?.text().await?, "ciao EuroPython\n");
            Ok(())
        })
        .await?;
    drop((client, stop));
    server.await??;
    Ok(())
}

pub(super) async fn tokio_tungstenite(env: Env, meter: Meter) -> Outcome {
    let address = peer::address(env.address(Peer)?, "ws")?;
    let (mut messages, _) = tokio_tungstenite::connect_async(format!("ws://{address}/")).await?;
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
