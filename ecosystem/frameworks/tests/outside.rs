//! The servers of others that ours are measured beside say the same bytes.
#![cfg(target_os = "linux")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

use outside::{bound_to_us, has, in_path, on_port};

/// An answer of a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// The body of a server's answer.
fn hello(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LONG))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no whole head"))?;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    Ok(body.to_owned())
}

/// A server: its name, a command that succeeds where it is installed, and its own, with a script of
/// `servers`, `PORT` and `HOME`, which is a folder for its files.
type Other<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

fn all_say_it(servers: &[Other<'_>], at_least: &str) {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().expect("a folder");
    // Apache's and nginx's processes are another user's, who has to come to the files.
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).expect("ours");
    std::fs::create_dir(home.path().join("files")).expect("a folder");
    std::fs::write(home.path().join("files/hello"), "Ciao EuroPython\n").expect("a file");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers");
    let mut said = Vec::new();
    for (name, probe, command) in servers {
        if !has(probe[0], &probe[1..]) {
            continue;
        }
        let word = |word: &str, port: u16| match word {
            "PORT" => port.to_string(),
            "HOME" => home.path().display().to_string(),
            script if script.contains('.') => scripts.join(script).display().to_string(),
            word => word.to_owned(),
        };
        let command = |port| {
            let words: Vec<String> = command.iter().map(|text| word(text, port)).collect();
            let program = in_path(&words[0]).unwrap_or_else(|| words[0].clone().into());
            let mut command = bound_to_us(&program, None);
            // Apache, as it ends, ends its process group, which is not to be that of the tests.
            command.args(&words[1..]).process_group(0);
            Ok(command)
        };
        let (_running, port) =
            on_port(home.path(), command).unwrap_or_else(|error| panic!("{name}: {error}"));
        let body = hello(port).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(body, "Ciao EuroPython\n", "{name}");
        said.push(name);
    }
    assert!(said.contains(&&at_least), "{at_least} is not installed; there were {said:?}");
}

#[test]
fn debians_servers_say_the_same_bytes() {
    all_say_it(
        &[
            ("prefork", &["apache2", "-v"], &["apache.sh", "prefork", "PORT", "HOME"]),
            ("event", &["apache2", "-v"], &["apache.sh", "event", "PORT", "HOME"]),
            ("lighttpd", &["lighttpd", "-v"], &["lighttpd.sh", "PORT", "HOME"]),
            ("nginx", &["nginx", "-v"], &["nginx.sh", "PORT", "HOME"]),
        ],
        "nginx",
    );
}

#[test]
fn other_frameworks_say_the_same_bytes() {
    const PYTHON: &str = "/usr/bin/python3";
    all_say_it(
        &[
            ("tornado", &[PYTHON, "-c", "import tornado"], &[PYTHON, "tornado_hello.py", "PORT"]),
            ("twisted", &[PYTHON, "-c", "import twisted"], &[PYTHON, "twisted_hello.py", "PORT"]),
            ("aiohttp", &[PYTHON, "-c", "import aiohttp"], &[PYTHON, "aiohttp_hello.py", "PORT"]),
            ("node", &["node", "-v"], &["node", "node_hello.js", "PORT"]),
        ],
        "tornado",
    );
}
