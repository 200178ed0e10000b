//! quinn, as it is, over the datagrams of a world: its server and client on two hosts, while the network
//! loses, delays and cuts.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyloop::net::lookup_host;
use anyloop::random::fill_bytes;
use anyloop::runtime::Handle;
use anyloop::sim::{Chaos, Latency, NetConfig, World};
use anyloop::time::{sleep, timeout};
use anyloop_plugs::{Plug, quinn::endpoint};
use quinn::{ClientConfig, Connection, Endpoint, EndpointConfig, ServerConfig};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

type Failed = Box<dyn Error + Send + Sync>;

const LENGTH: usize = 50_000;

/// Signatures of this kind are all of one length, whatever they sign.
struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

fn identity() -> Identity {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let certificate =
        rcgen::CertificateParams::new(["server".to_owned()]).unwrap().self_signed(&key).unwrap();
    Identity { certificate: certificate.der().clone(), key: key.serialize_der() }
}

/// What quinn draws itself is decided by the seed.
fn config() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    let mut seed = [0; 32];
    fill_bytes(&mut seed);
    config.rng_seed(Some(seed));
    config
}

fn open(server: Option<ServerConfig>, port: u16) -> Result<Endpoint, Failed> {
    let plug = Plug::<Handle>::try_current().ok_or("a host is a loop")?;
    Ok(endpoint(&plug, config(), server, SocketAddr::from(([0, 0, 0, 0], port)))?)
}

/// Sends back what comes, on any number of streams of any number of connections.
async fn serve(identity: Arc<Identity>) -> Result<(), Failed> {
    let key = PrivatePkcs8KeyDer::from(identity.key.clone());
    let config = ServerConfig::with_single_cert(vec![identity.certificate.clone()], key.into())?;
    let server = open(Some(config), 4433)?;
    while let Some(incoming) = server.accept().await {
        anyloop::spawn(async move {
            let connection = incoming.await?;
            while let Ok((mut send, mut receive)) = connection.accept_bi().await {
                anyloop::spawn(async move {
                    send.write_all(&receive.read_to_end(2 * LENGTH).await?).await?;
                    Ok::<_, Failed>(send.finish()?)
                });
            }
            Ok::<_, Failed>(())
        });
    }
    Ok(())
}

async fn connect(identity: &Identity) -> Result<(Endpoint, Connection), Failed> {
    let mut roots = RootCertStore::empty();
    roots.add(identity.certificate.clone())?;
    let config = ClientConfig::with_root_certificates(Arc::new(roots))?;
    let addr = lookup_host("server:4433").await?.next().ok_or("the server has no address")?;
    let client = open(None, 0)?;
    let connection = client.connect_with(config, addr, "server")?.await?;
    Ok((client, connection))
}

async fn exchange(connection: &Connection, n: u8) -> Result<(), Failed> {
    let (mut send, mut receive) = connection.open_bi().await?;
    let sent = vec![n; LENGTH];
    send.write_all(&sent).await?;
    send.finish()?;
    let received = receive.read_to_end(2 * LENGTH).await?;
    assert!(received == sent, "{} bytes came back, and not the same", received.len());
    Ok(())
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn quic_carries_what_a_network_loses(world: World) {
    let mut net = NetConfig::default();
    net.link.latency = Latency::Uniform(Duration::from_millis(1), Duration::from_millis(30));
    (net.link.loss, net.link.duplicate) = (0.03, 0.02);
    world.net(net);
    let identity = Arc::new(identity());
    let of_server = identity.clone();
    world.host("server").run(move || serve(of_server.clone()));
    let host = world.host("client");
    world.chaos(&Chaos::new(Duration::from_secs(4)).cuts(2.0).crashes(0.5).pauses(1.0));
    let inside = world.clone();
    let client = host.spawn(async move {
        let mut exchanges = 0;
        while exchanges < 10 {
            // A connection that is lost is made anew.
            let Ok(Ok((client, connection))) = timeout(Duration::from_secs(5), connect(&identity)).await
            else {
                inside.sometimes("a connection is not made at once", true);
                continue;
            };
            while exchanges < 10 {
                let exchange = exchange(&connection, exchanges);
                if !matches!(timeout(Duration::from_secs(5), exchange).await, Ok(Ok(()))) {
                    inside.sometimes("a connection is lost", true);
                    break;
                }
                exchanges += 1;
                sleep(Duration::from_millis(300)).await;
            }
            connection.close(0u32.into(), b"done");
            client.wait_idle().await;
        }
    });
    // The client's host may crash, too.
    let ended = timeout(Duration::from_secs(120), client).await;
    world.always("ten exchanges are made in two minutes", ended.is_ok());
}
