//! gRPC by tonic, which stands on hyper and tokio.

use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus as Answer;
use tonic_health::pb::health_client::HealthClient;

use crate::servers::Service::Peer;
use crate::{Env, Meter, Outcome, ensure_eq, peer};

async fn ask(channel: Channel, meter: &Meter) -> Outcome {
    let mut client = HealthClient::new(channel);
    meter
        .each(async || {
            let request = HealthCheckRequest { service: "interop".to_owned() };
            ensure_eq!(client.check(request).await?.into_inner().status(), Answer::Serving);
            Ok(())
        })
        .await?;
    // An error is the server's answer, not a lost connection.
    let unknown = client.check(HealthCheckRequest { service: "unknown".to_owned() }).await;
    ensure_eq!(unknown.map(drop).map_err(|status| status.code()), Err(tonic::Code::NotFound));
    Ok(())
}

pub(super) async fn client(env: Env, meter: Meter) -> Outcome {
    let address = peer::address(env.address(Peer)?, "grpc")?;
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    ask(channel, &meter).await
}

pub(super) async fn server(_: Env, meter: Meter) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("interop", ServingStatus::Serving).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder().add_service(health);
    let server = tokio::spawn(server.serve_with_incoming_shutdown(incoming, async { drop(stopped.await) }));
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect_lazy();
    ask(channel, &meter).await?;
    drop(stop);
    server.await??;
    Ok(())
}
