//! Members of a group, of all backends, as they are seen from outside.
#![cfg(unix)]

use std::net::UdpSocket;

mod support;

use support::{BACKENDS, Server, fails};

/// Each ends by itself if a test waits in vain.
fn member(name: &str, backend: &str, more: &[&str]) -> Server {
    let args = [name, "--backend", backend, "--every", "20", "--missed", "25", "--limit", "60000"];
    Server::start("heartbeat", &[&args, more].concat())
}

#[test]
fn members_find_each_other_and_tell_who_left_and_who_is_lost() {
    for (i, backend) in BACKENDS.into_iter().enumerate() {
        let mut anna = member("anna", backend, &[]);
        let to = anna.addr.to_string();
        // On another loop than anna.
        let other = BACKENDS[(i + 1) % BACKENDS.len()];
        let mut bert = member("bert", other, &["--to", &to]);
        let mut carl = member("carl", other, &["--to", &to]);
        anna.says("bert is there");
        anna.says("carl is there");
        // It was not told of anna by more than her address.
        bert.says("anna is there");
        carl.says("anna is there");
        bert.terminate();
        anna.says("bert left");
        drop(carl);
        anna.says("carl is lost");
        // A member of another program, which beats once.
        let dora = UdpSocket::bind("127.0.0.1:0").expect("a port");
        dora.send_to(b"beat dora 1\n", anna.addr).expect("a beat");
        anna.says("dora is there");
        anna.says("dora is lost");
        anna.terminate();
    }
}

#[test]
fn a_member_leaves_at_its_time_limit() {
    for backend in BACKENDS {
        let mut anna = Server::start("heartbeat", &["anna", "--backend", backend, "--limit", "50"]);
        anna.says("left, with 0 members there");
        assert!(anna.child.wait().expect("its end").success(), "{backend}");
    }
}

#[test]
fn no_more_members_are_kept_than_the_limit() {
    for backend in BACKENDS {
        let mut anna = member("anna", backend, &["--members", "1"]);
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
        for beat in ["beat first 1", "beat second 1", "no beat at all"] {
            sender.send_to(beat.as_bytes(), anna.addr).expect("to be sent");
        }
        anna.says("first is there");
        // What comes next is of the first; the second was never there.
        let mut line = String::new();
        std::io::BufRead::read_line(&mut anna.stdout, &mut line).expect("what it says");
        assert!(line.starts_with("first is lost"), "{backend}: {line}");
    }
}

#[test]
fn bad_arguments_are_told() {
    assert!(fails("heartbeat", &["two words"]).contains("one word"));
    assert!(fails("heartbeat", &["anna", "--every", "0"]).contains("--every"));
    assert!(fails("heartbeat", &["anna", "--to", "no-such-host.invalid:1"]).contains("no-such-host.invalid"));
}
