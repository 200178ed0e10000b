//! The key-value server on every backend, as redis' own clients see it.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::path::Path;
use std::process::{Command, Stdio};

mod support;

use support::{BACKENDS, Server, fails, read_all};

fn start(backend: &str, log: &Path, more: &[&str]) -> Server {
    let log = log.to_str().expect("a path of text");
    Server::start("kv", &[&["--backend", backend, "--log", log], more].concat())
}

/// Says all lines at once, and gives all answers.
fn talk(server: &Server, lines: &[u8]) -> String {
    let mut client = server.connect();
    client.write_all(lines).expect("a write");
    client.shutdown(Shutdown::Write).expect("FIN");
    read_all(client)
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("anyloop-kv-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn what_was_answered_outlives_a_crash() {
    let folder = folder("crash");
    for backend in BACKENDS {
        let log = folder.join(backend);
        let server = start(backend, &log, &[]);
        let lines = b"PING\r\nset city Prague\r\nSET river Moldau\r\nset river Vltava\r\nDEL city\r\nDEL city\r\nGET city\r\n";
        assert_eq!(talk(&server, lines), "+PONG\r\n+OK\r\n+OK\r\n+OK\r\n:1\r\n:0\r\n$-1\r\n", "{backend}");
        // What clients send, with a value that is no text.
        let set = b"*3\r\n$3\r\nSET\r\n$5\r\nbytes\r\n$4\r\n\r\n\x00*\r\n";
        assert_eq!(talk(&server, set), "+OK\r\n", "{backend}");
        // It is killed, and the last record is cut off.
        drop(server);
        let mut file = std::fs::OpenOptions::new().append(true).open(&log).expect("the log");
        file.write_all(b"*3\r\n$3\r\nSET\r\n$4\r\ncity\r\n$6\r\nVie").expect("half a record");
        drop(file);
        let get = b"GET river\r\nGET bytes\r\nGET city\r\nDBSIZE\r\n";
        let answers = "$6\r\nVltava\r\n$4\r\n\r\n\0*\r\n$-1\r\n:2\r\n";
        for _ in 0..2 {
            let server = start(backend, &log, &[]);
            assert_eq!(talk(&server, get), answers, "{backend}");
        }
    }
    std::fs::remove_dir_all(folder).expect("the folder to be removed");
}

/// With the clients that are installed.
#[test]
fn clients_of_others_can_talk_to_it() {
    let folder = folder("clients");
    for backend in BACKENDS {
        let server = start(backend, &folder.join(backend), &[]);
        let port = server.addr.port().to_string();
        for (args, answer) in
            [("set city Prague", "OK\n"), ("get city", "Prague\n"), ("flushall", "ERR unknown")]
        {
            let output = Command::new("redis-cli").args(["-p", &port]).args(args.split(' ')).output();
            match output {
                Ok(output) => {
                    let said = String::from_utf8_lossy(&output.stdout);
                    assert!(said.starts_with(answer), "{backend}: {args}: {said}");
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "redis-cli: {error}"),
            }
        }
        let mut nc = Command::new("nc");
        nc.args(["-N", "127.0.0.1", &port])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        match nc.spawn() {
            Ok(mut nc) => {
                let mut input = nc.stdin.take().expect("its input");
                // Other kinds of nc do not know -N, and end at once.
                let _closed = input.write_all(b"ping\n");
                drop(input);
                let output = nc.wait_with_output().expect("its end");
                assert!(!output.status.success() || output.stdout == b"+PONG\r\n", "{backend}: {output:?}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "nc: {error}"),
        }
    }
    std::fs::remove_dir_all(folder).expect("the folder to be removed");
}

#[test]
fn there_are_limits_and_errors_are_told() {
    let folder = folder("limits");
    for backend in BACKENDS {
        let log = folder.join(backend);
        let server = start(backend, &log, &["--memory", "0"]);
        let error = talk(&server, b"SET a b\r\nGET a b\r\n");
        assert_eq!(
            error, "-ERR keys and values may have 0 bytes together\r\n-ERR wrong number of arguments\r\n",
            "{backend}"
        );
        for (command, error) in [
            (&b"*1\r\n$99999999\r\n"[..], "-ERR a command is too long\r\n"),
            (b"*1\r\n+1\r\n", "-ERR a length was expected\r\n"),
            (b"*1\r\n$1\r\nabc\r\n", "-ERR an argument is longer than its length says\r\n"),
        ] {
            assert_eq!(talk(&server, command), error, "{backend}");
        }
        drop(server);
        let server = start(backend, &log, &[]);
        for line in ["SET river Vltava\r\n", "SET city Prague\r\n", "SET country Bohemia\r\n"] {
            assert_eq!(talk(&server, line.as_bytes()), "+OK\r\n", "{backend}");
        }
        drop(server);
        let mut bytes = std::fs::read(&log).expect("the log");
        let at = bytes.windows(6).position(|part| part == b"Prague").expect("it was written");
        bytes[at] = b'B';
        std::fs::write(&log, bytes).expect("a log");
        let error = fails("kv", &["--backend", backend, "--log", log.to_str().expect("a path of text")]);
        assert!(error.contains("is damaged after 1 records"), "{backend}: {error}");
    }
    std::fs::remove_dir_all(folder).expect("the folder to be removed");
}
