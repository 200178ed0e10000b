//! The port scanner on every backend, as it is seen from outside.

use std::net::TcpListener;
use std::process::Output;

mod support;

use support::{BACKENDS, fails, program};

fn scan(args: &[&str]) -> String {
    let Output { status, stdout, stderr } = program("scan").args(args).output().expect("the program");
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8_lossy(&stdout).into_owned()
}

#[test]
fn open_and_closed_ports_are_told_apart() {
    for backend in BACKENDS {
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let addrs = listeners.each_ref().map(|listener| listener.local_addr().expect("its address"));
        // No program of these days has the first one.
        let ports = addrs.iter().fold("1".to_owned(), |ports, addr| format!("{ports},{}", addr.port()));
        for at_once in ["1", "256"] {
            let said =
                scan(&["--backend", backend, "--ports", &ports, "--at-once", at_once, "--limit", "20000"]);
            for addr in addrs {
                assert!(said.contains(&format!("{addr} is open")), "{backend}: {said}");
            }
            assert!(said.contains("3 open, 1 closed, 0 silent"), "{backend}: {said}");
        }
    }
}

/// The system does not answer while the queue of a listener is full.
#[cfg(target_os = "linux")]
#[test]
fn a_port_that_does_not_answer_has_a_time_limit() {
    for backend in BACKENDS {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        rustix::net::listen(&listener, 0).expect("a shorter queue");
        let addr = listener.local_addr().expect("its address");
        let _first = std::net::TcpStream::connect(addr).expect("the first has its place");
        let said = scan(&["--backend", backend, "--ports", &addr.port().to_string(), "--limit", "100"]);
        assert!(said.contains("0 open, 0 closed, 1 silent"), "{backend}: {said}");
    }
}

#[test]
fn bad_arguments_are_told() {
    for (ports, why) in
        [("80-79", "write 79-80"), ("0", "from 1 to 65535"), ("1,x", "\"x\""), ("70000", "70000")]
    {
        let error = fails("scan", &["--ports", ports]);
        assert!(error.contains(why), "{ports}: {error}");
    }
    assert!(fails("scan", &["no-such-host.invalid"]).contains("no-such-host.invalid"));
}
