//! A certificate made on the spot, and what rustls needs of it.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A server called `localhost`, and those who trust it alone.
#[derive(Debug)]
pub struct Site {
    /// For the server's side.
    pub server: Arc<ServerConfig>,
    /// For the client's side: it trusts no other.
    pub client: Arc<ClientConfig>,
    /// The certificate, for programs that read files.
    pub certificate: String,
    /// Its key, likewise.
    pub key: String,
}

impl Site {
    /// Makes a self-signed certificate.
    ///
    /// # Panics
    ///
    /// If that cannot be done, which a test cannot go on without.
    pub fn new() -> Site {
        let made = rcgen::generate_simple_self_signed([String::from("localhost")]).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a root");
        let versions = || Arc::new(ring::default_provider());
        let client = ClientConfig::builder_with_provider(versions())
            .with_safe_default_protocol_versions()
            .expect("the provider's versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let server = ServerConfig::builder_with_provider(versions())
            .with_safe_default_protocol_versions()
            .expect("the provider's versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a certificate and its key");
        Site {
            server: Arc::new(server),
            client: Arc::new(client),
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }
}

impl Default for Site {
    fn default() -> Self {
        Site::new()
    }
}

/// How clients call it.
pub fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}
