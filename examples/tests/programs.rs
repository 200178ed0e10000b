//! Every program on every backend, as it is seen from outside.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Output};
use std::time::Duration;

mod support;

use support::{BACKENDS, Server, beside_each_other, fails, is_let_go, program, read_all};

#[test]
fn greeting_greets_and_closes() {
    for backend in BACKENDS {
        let server = Server::start("greeting", &["--backend", backend]);
        for _ in 0..3 {
            assert_eq!(read_all(server.connect()), "Ciao EuroPython\r\n", "{backend}");
        }
    }
}

#[test]
fn echo_sends_back_what_came_before_the_half_close() {
    for backend in BACKENDS {
        let server = Server::start("echo", &["--backend", backend]);
        let mut client = server.connect();
        client.write_all(b"one\ntwo\n").expect("a write");
        client.shutdown(Shutdown::Write).expect("FIN");
        assert_eq!(read_all(client), "one\ntwo\n", "{backend}");
    }
}

#[test]
fn proxy_carries_half_closes_both_ways() {
    for backend in BACKENDS {
        let upstream = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = upstream.local_addr().expect("its address").to_string();
        let server = Server::start("proxy", &["--backend", backend, "--to", &to]);
        let mut client = server.connect();
        let (mut far, _) = upstream.accept().expect("the proxy's connection");
        // The client ends first: the far side sees it, and can still answer.
        client.write_all(b"request").expect("a write");
        client.shutdown(Shutdown::Write).expect("FIN");
        assert_eq!(read_all(&far), "request", "{backend}");
        far.write_all(b"answer").expect("a write");
        drop(far);
        assert_eq!(read_all(client), "answer", "{backend}");
        // The far side ends first.
        let mut client = server.connect();
        let (mut far, _) = upstream.accept().expect("the proxy's connection");
        far.write_all(b"goodbye").expect("a write");
        far.shutdown(Shutdown::Write).expect("FIN");
        assert_eq!(read_all(&client), "goodbye", "{backend}");
        client.write_all(b"and you").expect("a write");
        drop(client);
        assert_eq!(read_all(&far), "and you", "{backend}");
    }
}

#[test]
fn echo_udp_sends_datagrams_back() {
    for backend in BACKENDS {
        let server = Server::start("echo_udp", &["--backend", backend]);
        let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
        client.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        for text in ["one", "two"] {
            client.send_to(text.as_bytes(), server.addr).expect("to be sent");
            let mut buf = [0; 16];
            let (n, from) = client.recv_from(&mut buf).expect("the echo");
            assert_eq!((&buf[..n], from), (text.as_bytes(), server.addr), "{backend}");
        }
    }
}

#[test]
fn chat_tells_everybody_but_the_speaker() {
    for backend in BACKENDS {
        let server = Server::start("chat", &["--backend", backend]);
        let enter = |name: &str| {
            let mut client = BufReader::new(server.connect());
            let mut line = String::new();
            client.read_line(&mut line).expect("the question");
            assert_eq!(line, "Please enter your username:\n");
            writeln!(client.get_mut(), "{name}").expect("a write");
            client
        };
        let next = |client: &mut BufReader<TcpStream>| {
            let mut line = String::new();
            assert_ne!(client.read_line(&mut line).expect("a line"), 0, "{backend}: it was closed");
            line
        };
        let mut amber = enter("amber");
        // Joining is told to those who are there already. Nothing tells when amber is, so others
        // come and stay until she hears of one.
        let mut others = vec![enter("jenny 0")];
        amber.get_ref().set_read_timeout(Some(Duration::from_millis(100))).expect("a time limit");
        let mut line = String::new();
        let heard: usize = loop {
            match amber.read_line(&mut line) {
                Ok(_) => {
                    let name = line.strip_suffix(" has joined the chat\n").expect("of one who has joined");
                    break name.strip_prefix("jenny ").expect("her name").parse().expect("her number");
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    others.push(enter(&format!("jenny {}", others.len())));
                }
                Err(error) => panic!("{backend}: {error}"),
            }
        };
        amber.get_ref().set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        let until = |client: &mut BufReader<TcpStream>, wanted: &str| {
            // Of others who came and went she may hear in between.
            while next(client) != wanted {}
        };
        let mut jenny = others.swap_remove(heard);
        drop(others);
        writeln!(amber.get_mut(), "ciao").expect("a write");
        until(&mut jenny, "amber: ciao\n");
        drop(jenny);
        until(&mut amber, &format!("jenny {heard} has left the chat\n"));
    }
}

#[test]
fn tinyhttp_answers_and_keeps_alive() {
    for backend in BACKENDS {
        let server = Server::start("tinyhttp", &["--backend", backend]);
        let mut client = server.connect();
        let get = |path: &str, extra: &str| format!("GET {path} HTTP/1.1\r\nHost: here\r\n{extra}\r\n");
        // Two requests at once, on one connection; the last one closes it.
        let requests = get("/json", "") + &get("/nothing", "Connection: close\r\n");
        client.write_all(requests.as_bytes()).expect("a write");
        let answers = read_all(client);
        assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{backend}: {answers}");
        assert!(
            answers.contains("{\"message\":\"Hello, World!\"}HTTP/1.1 404 Not Found"),
            "{backend}: {answers}"
        );
    }
}

#[test]
fn chat_lets_go_who_sends_a_line_without_end_or_takes_nothing() {
    beside_each_other(|backend| {
        let server = Server::start("chat", &["--backend", backend, "--patience", "2"]);
        // One that is asked for a name and gives none.
        let nameless = server.connect();
        let mut endless = server.connect();
        // It is closed in the middle of this.
        let _reset = endless.write_all(&[b'x'; 1 << 20]);
        assert!(is_let_go(&endless), "{backend}: a line without end");

        let deaf = server.connect();
        (&deaf).write_all(b"deaf\n").expect("a write");
        let speaker = server.connect();
        (&speaker).write_all(b"speaker\n").expect("a write");
        // More than the sockets between them hold: the speaker waits for the deaf one, until that
        // is let go.
        let words = speaker.try_clone().expect("a second descriptor");
        let says = std::thread::spawn(move || {
            let line = [[b'.'; 1023].as_slice(), b"\n"].concat();
            for _ in 0..32 * 1024 {
                (&words).write_all(&line).expect("the speaker to stay");
            }
        });
        let mut heard = BufReader::new(speaker).lines().map(|line| line.expect("a line"));
        assert!(heard.any(|line| line == "deaf has left the chat"), "{backend}: one that takes nothing");
        says.join().expect("all to be said");
        assert!(is_let_go(&nameless), "{backend}: no name");
    });
}

#[test]
fn tinyhttp_limits_the_time_and_the_number_of_connections() {
    beside_each_other(|backend| {
        let limits = ["--backend", backend, "--patience", "2", "--connections", "2"];
        let server = Server::start("tinyhttp", &limits);
        // Two that never ask take all there is; they are let go, and the third has its turn.
        let (silent, slow) = (server.connect(), server.connect());
        (&slow).write_all(b"GET /json HTTP/1.1\r\nHost: ").expect("a write");
        let mut third = server.connect();
        third.write_all(b"GET /json HTTP/1.1\r\nConnection: close\r\n\r\n").expect("a write");
        assert!(read_all(third).starts_with("HTTP/1.1 200 OK\r\n"), "{backend}");
        assert!(is_let_go(&silent) && is_let_go(&slow), "{backend}");
    });
}

#[test]
fn bad_addresses_and_backends_get_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("its address").to_string();
    for backend in BACKENDS {
        let error = fails("echo", &["--backend", backend, "--listen", &addr]);
        assert!(error.contains(&addr) && error.to_lowercase().contains("in use"), "{backend}: {error}");
        let error = fails("greeting", &["--backend", backend, "--listen", "nonsense"]);
        assert!(error.contains("nonsense"), "{backend}: {error}");
        let error = fails("echo", &["--backend", backend, "--listen", "127.0.0.1:99999"]);
        assert!(error.contains("99999"), "{backend}: {error}");
        let error = fails("proxy", &["--backend", backend, "--to", "no-such-host.invalid:80"]);
        assert!(error.contains("no-such-host.invalid"), "{backend}: {error}");
    }
    let error = fails("echo", &["--backend", "epoll"]);
    assert!(error.contains("native") && error.contains("tokio") && error.contains("smol"), "{error}");
}

#[test]
fn help_says_what_a_program_is_and_an_unknown_option_is_refused() {
    let mut said = Vec::new();
    for name in ["chat", "echo", "greeting", "heartbeat", "kv", "proxy", "servers", "shutdown", "tinyhttp"] {
        let help = program(name).arg("--help").output().expect("it starts");
        assert!(help.status.success(), "{name}: {}", help.status);
        let first = String::from_utf8_lossy(&help.stdout).lines().next().unwrap_or_default().to_owned();
        assert!(!said.contains(&first), "{name}: {first}");
        said.push(first);
        let error = fails(name, &["--nonsense"]);
        assert!(error.contains("--nonsense") && error.contains("Usage"), "{name}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly() {
    use rustix::process::{Pid, Signal, kill_process};
    for backend in BACKENDS {
        let mut server = Server::start("echo", &["--backend", backend]);
        let _connected = server.connect();
        kill_process(Pid::from_child(&server.child), Signal::INT).expect("the signal");
        let status = server.child.wait().expect("its end");
        assert!(status.success(), "{backend}: {status}");
        let said = read_all(server.child.stderr.take().expect("its errors"));
        assert!(said.contains("stopped"), "{backend}: {said}");
    }
}

#[test]
fn the_environment_chooses_the_backend() {
    for backend in BACKENDS {
        let mut command = program("echo");
        let output = command.env("ANYLOOP_BACKEND", backend).args(["--listen", "nonsense"]).output();
        let said = String::from_utf8_lossy(&output.expect("the program").stderr).into_owned();
        assert!(said.contains(&format!("loop: {backend}")) && said.contains("ANYLOOP_BACKEND"), "{said}");
    }
}

#[test]
fn the_tour_agrees_on_every_backend() {
    // Smaller than by hand: this is a debug build on a busy machine. The last loop is a world.
    let mut tour = program("tour");
    tour.args(["--connections", "50", "--mebibytes", "2"]);
    for backend in BACKENDS.into_iter().chain(["sim"]) {
        tour.args(["--backend", backend]);
    }
    let output = tour.output().expect("the program");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("the same results everywhere"), "{said}");
    assert!(said.contains("┆ sim"), "{said}");
}

#[cfg(unix)]
#[test]
fn shutdown_lets_its_clients_finish_and_takes_no_others() {
    use rustix::process::{Pid, Signal, kill_process};
    for backend in BACKENDS {
        for (signal, grace, finishes) in [(Signal::TERM, "20000", true), (Signal::INT, "50", false)] {
            let mut server = Server::start("shutdown", &["--backend", backend, "--grace", grace]);
            let client = server.connect();
            let mut lines = BufReader::new(client.try_clone().expect("a second descriptor")).lines();
            let mut says = |line: &str| {
                (&client).write_all(format!("{line}\n").as_bytes()).expect("a write");
                lines.next().expect("an answer").expect("an answer")
            };
            assert_eq!(says("one"), "one", "{backend}");
            kill_process(Pid::from_child(&server.child), signal).expect("the signal");
            let mut said = String::new();
            server.stdout.read_line(&mut said).expect("what it says");
            assert!(said.starts_with("1 clients"), "{backend}: {said}");
            assert!(TcpStream::connect(server.addr).is_err(), "{backend}: a new client is taken");
            if finishes {
                assert_eq!(says("two"), "two", "{backend}");
                client.shutdown(Shutdown::Write).expect("FIN");
            }
            assert!(server.child.wait().expect("its end").success(), "{backend}");
            let end = read_all(&mut server.stdout);
            let expected = if finishes { "all have finished" } else { "1 have not finished" };
            assert!(end.contains(expected), "{backend}: {end}");
        }
    }
}

#[test]
fn children_stream_their_output_and_have_a_limit() {
    for backend in BACKENDS {
        let run = |args: &[&str]| {
            let output = program("children").args(["--backend", backend]).args(args).output();
            let Output { status, stdout, stderr } = output.expect("the program");
            assert!(status.success(), "{backend}: {}", String::from_utf8_lossy(&stderr));
            String::from_utf8_lossy(&stdout).into_owned()
        };
        let said = run(&[]);
        for line in ["1: one", "7: two", "20: three"] {
            assert!(said.lines().any(|other| other == line), "{backend}: {said}");
        }
        assert!(said.contains("20 ended well, 0 badly, 0 took too long"), "{backend}: {said}");
        let said = run(&["--children", "4", "--slow", "4", "--limit", "300"]);
        assert!(said.contains("0 ended well, 0 badly, 4 took too long"), "{backend}: {said}");
    }
}

/// Between two programs of the system's: one writes to it, the other reads the file.
#[cfg(unix)]
#[test]
fn tee_stands_in_a_pipeline() {
    let folder = std::env::temp_dir().join(format!("anyloop-tee-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for backend in BACKENDS {
        let (file, tee) = (folder.join(backend), program("tee"));
        let script = r#"seq 1 20000 | "$0" --backend "$1" "$2" | sha256sum; sha256sum < "$2"; seq 1 20000 | sha256sum"#;
        let tee = tee.get_program().to_owned();
        let output = Command::new("sh")
            .args(["-c", script])
            .args([tee.as_os_str(), backend.as_ref(), file.as_os_str()])
            .output();
        let text = String::from_utf8(output.expect("sh").stdout).expect("hexadecimal");
        let sums: Vec<&str> = text.lines().collect();
        assert_eq!(sums.len(), 3, "{backend}: {text}");
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{backend}: {text}");
    }
    std::fs::remove_dir_all(folder).expect("the folder to be removed");
}
