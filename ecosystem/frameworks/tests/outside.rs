//! The servers of others that ours are measured beside say the same bytes.
#![cfg(target_os = "linux")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Starting a server of many processes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A server with all its processes, ended on drop.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// `command` is a script of `servers` and its words, with `PORT` where the port goes and `HOME`
    /// where a folder for its files does.
    fn start(command: &[&str], home: &Path) -> io::Result<Server> {
        // A port that is free now; another program may take it, and then this fails and says so.
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers");
        let words = command.iter().map(|word| match *word {
            "PORT" => addr.port().to_string(),
            "HOME" => home.display().to_string(),
            file if file.contains('.') => servers.join(file).display().to_string(),
            word => word.to_owned(),
        });
        let words: Vec<String> = words.collect();
        let child = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Server { child, addr })
    }

    /// The body of its answer, once it is ready.
    fn hello(&mut self) -> io::Result<String> {
        let begun = Instant::now();
        let mut stream = loop {
            match TcpStream::connect(self.addr) {
                Ok(stream) => break stream,
                Err(error) if begun.elapsed() > LONG => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended: {status}")));
            }
        };
        stream.set_read_timeout(Some(LONG))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no whole head"))?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        Ok(body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _status = self.child.wait();
    }
}

/// Whether a program is there, and Python has a module.
fn is_there(program: &str, module: Option<&str>) -> bool {
    let mut command = Command::new(program);
    match module {
        Some(module) => command.args(["-c", &format!("import {module}")]),
        None => command.arg("-v"),
    };
    let found = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn all_say_it(servers: &[(&str, Option<&str>, &[&str])], at_least: &str) {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().expect("a folder");
    // Apache's and nginx's processes are another user's, who has to come to the files.
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).expect("ours");
    std::fs::create_dir(home.path().join("files")).expect("a folder");
    std::fs::write(home.path().join("files/hello"), "Ciao EuroPython\n").expect("a file");
    let mut said = Vec::new();
    for (program, module, command) in servers {
        let name = module.unwrap_or(program);
        if !is_there(program, *module) {
            println!("{name} is left out: not installed");
            continue;
        }
        let mut server = Server::start(command, home.path()).expect("it starts");
        let body = server.hello().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(body, "Ciao EuroPython\n", "{name}");
        said.push(name);
    }
    assert!(said.contains(&at_least), "{at_least} is not installed; there were {said:?}");
}

#[test]
fn debians_servers_say_the_same_bytes() {
    all_say_it(
        &[
            ("apache2", None, &["apache.sh", "prefork", "PORT", "HOME"]),
            ("apache2", None, &["apache.sh", "event", "PORT", "HOME"]),
            ("lighttpd", None, &["lighttpd.sh", "PORT", "HOME"]),
            ("nginx", None, &["nginx.sh", "PORT", "HOME"]),
        ],
        "nginx",
    );
}

#[test]
fn other_frameworks_say_the_same_bytes() {
    const PYTHON: &str = "/usr/bin/python3";
    all_say_it(
        &[
            (PYTHON, Some("tornado"), &[PYTHON, "tornado_hello.py", "PORT"]),
            (PYTHON, Some("twisted"), &[PYTHON, "twisted_hello.py", "PORT"]),
            (PYTHON, Some("aiohttp"), &[PYTHON, "aiohttp_hello.py", "PORT"]),
            ("node", None, &["node", "node_hello.js", "PORT"]),
        ],
        "tornado",
    );
}
