//! tonic's client wants tokio's timers beside its executor, whatever that is: so the loops here
//! have tokio's context.

use std::net::SocketAddr;
use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::runtime::{Backend, Builder};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::plug;

/// A server of tonic's on plain tokio, on a thread of its own, for as long as the test program
/// runs.
fn server() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(async {
            let (_reporter, health) = tonic_health::server::health_reporter();
            let incoming = TcpListenerStream::new(tokio::net::TcpListener::from_std(listener).unwrap());
            Server::builder().add_service(health).serve_with_incoming(incoming).await.unwrap();
        });
    });
    addr
}

fn asks_a_server_for_its_health(backend: Backend) {
    let addr = server();
    let mut runtime = Builder::new().backend(backend).with_tokio().build().unwrap();
    let status = runtime.block_on(async {
        let connect = tower::service_fn(move |_| async move { TcpStream::connect(addr).await });
        let endpoint =
            Endpoint::from_static("http://health.test").timeout(Duration::from_secs(20)).executor(plug());
        let channel = endpoint.connect_with_connector(connect).await.unwrap();
        let request = HealthCheckRequest { service: String::new() };
        HealthClient::new(channel).check(request).await.unwrap().into_inner().status()
    });
    assert_eq!(status, ServingStatus::Serving);
}

#[test]
fn asks_a_server_for_its_health_on_native() {
    asks_a_server_for_its_health(Backend::Native);
}

#[test]
fn asks_a_server_for_its_health_on_tokio() {
    asks_a_server_for_its_health(Backend::Tokio);
}

#[test]
fn asks_a_server_for_its_health_on_smol() {
    asks_a_server_for_its_health(Backend::Smol);
}
