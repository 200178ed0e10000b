//! What the tests share.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyloop::runtime::Handle;
use anyloop_plugs::Plug;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The loop that the test runs on.
pub(crate) fn plug() -> Plug<Handle> {
    Plug::try_current().expect("tests run on a loop")
}

/// A server's certificate for `localhost`, signed by itself, and its key.
pub(crate) fn identity() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.der().clone(), PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into())
}

/// A third-party server, killed at the end of the test.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Server {
        let name = command.get_program().to_owned();
        match command.stdin(Stdio::null()).spawn() {
            Ok(child) => Server(child),
            Err(error) => panic!("cannot start {name:?}: {error}; is its package installed?"),
        }
    }

    /// The next line that it writes to its standard output, which must be piped.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let output = self.0.stdout.as_mut().expect("the server's output is piped");
        BufReader::with_capacity(1, output).read_line(&mut line).expect("a line from the server");
        line.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
