use std::net::UdpSocket;
use std::sync::Arc;

use quinn::{ClientConfig, Endpoint, EndpointConfig, ServerConfig};
use rustls::RootCertStore;

use crate::support::{identity, plug};

const LENGTH: usize = 1 << 20;

fn configs() -> (ServerConfig, ClientConfig) {
    let (certificate, key) = identity();
    let server = ServerConfig::with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    (server, ClientConfig::with_root_certificates(Arc::new(roots)).unwrap())
}

fn endpoint(server: Option<ServerConfig>) -> Endpoint {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    Endpoint::new(EndpointConfig::default(), server, socket, Arc::new(plug())).unwrap()
}

#[anyloop::test]
async fn a_megabyte_comes_back_over_quic() {
    let (server_config, client_config) = configs();
    let server = endpoint(Some(server_config));
    let addr = server.local_addr().unwrap();
    let echo = anyloop::spawn(async move {
        let connection = server.accept().await.unwrap().await.unwrap();
        let (mut send, mut receive) = connection.accept_bi().await.unwrap();
        let mut chunk = vec![0; 16 * 1024];
        while let Some(n) = receive.read(&mut chunk).await.unwrap() {
            send.write_all(&chunk[..n]).await.unwrap();
        }
        send.finish().unwrap();
        connection.closed().await;
    });

    let client = endpoint(None);
    let connection = client.connect_with(client_config, addr, "localhost").unwrap().await.unwrap();
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let sent: Vec<u8> = (0..LENGTH).map(|i| (i % 251) as u8).collect();
    let expected = sent.clone();
    let writer = anyloop::spawn(async move {
        send.write_all(&sent).await.unwrap();
        send.finish().unwrap();
        // Dropped unfinished it would be reset.
        send
    });
    let received = receive.read_to_end(2 * LENGTH).await.unwrap();
    assert!(received == expected, "{} bytes came back, and not the same", received.len());
    drop(writer.await.unwrap());
    connection.close(0u32.into(), b"done");
    client.wait_idle().await;
    echo.await.unwrap();
}
