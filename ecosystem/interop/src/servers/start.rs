//! How each server is started, and when it serves.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::config;
use super::{Running, Service};

type Started = Result<(Running, String), Box<dyn Error + Send + Sync>>;

/// How long a server may take to answer; initdb on a busy machine included.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn start(service: Service, dir: &Path, program: &Path) -> Started {
    let dir = dir.join(service.to_string());
    config::folder(&dir, None)?;
    let path = service.program().ok_or("it is not installed")?;
    match service {
        Service::PostgreSql => postgres(&dir, &path),
        Service::Redis => on_port(&dir, |port| {
            let mut command = bound_to_us(&path, None);
            command
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
                .arg(&dir);
            Ok(command)
        }),
        Service::Nginx => on_port(&dir, |port| {
            config::nginx(&dir, port)?;
            let mut command = bound_to_us(&path, None);
            command.arg("-p").arg(&dir).arg("-c").arg(dir.join("nginx.conf")).args(["-e", "stderr"]);
            Ok(command)
        }),
        Service::Dovecot => on_port(&dir, |port| {
            config::dovecot(&dir, port)?;
            let mut command = bound_to_us(&path, None);
            command.arg("-F").arg("-c").arg(dir.join("dovecot.conf"));
            Ok(command)
        }),
        Service::Dbus => {
            let mut command = bound_to_us(&path, None);
            command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
            command.arg(format!("--address=unix:path={}", dir.join("bus").display()));
            first_line(&dir, command)
        }
        Service::Peer => {
            let mut command = bound_to_us(program, None);
            command.arg("peer");
            first_line(&dir, command)
        }
    }
}

fn postgres(dir: &Path, path: &Path) -> Started {
    // It refuses to be root.
    let user = config::other_user("postgres");
    let data = dir.join("data");
    config::folder(&data, user.as_ref())?;
    let name = user.as_ref().map(|user| user.name.as_str());
    let initdb = postgres_program("initdb").ok_or("initdb is not beside it")?;
    let mut command = bound_to_us(&initdb, name);
    command.arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    let output = command.current_dir("/").output()?;
    if !output.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    on_port(dir, |port| {
        let mut command = bound_to_us(path, name);
        command.arg("-D").arg(&data).args(["-p", &port.to_string()]).current_dir("/");
        for option in
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "shared_buffers=16MB"]
        {
            command.args(["-c", option]);
        }
        Ok(command)
    })
}

/// A command that dies with the thread that starts it, and runs as `user`.
fn bound_to_us(program: &Path, user: Option<&str>) -> Command {
    let Some(setpriv) = in_path("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// Starts a server on a free port, and waits until it accepts.
fn on_port(
    dir: &Path,
    mut command: impl FnMut(u16) -> std::io::Result<Command>,
) -> Result<(Running, String), Box<dyn Error + Send + Sync>> {
    let log = dir.join("log");
    let begun = Instant::now();
    loop {
        // Another process may take the port in between: then the server ends, and another port is
        // tried.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let file = File::create(&log)?;
        let mut command = command(port)?;
        let mut running =
            Running(command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?);
        while running.0.try_wait()?.is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok((running, format!("127.0.0.1:{port}")));
            }
            if begun.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let said = std::fs::read_to_string(&log)?;
        if begun.elapsed() > PATIENCE || !said.contains("in use") {
            return Err(said.into());
        }
    }
}

/// Starts a server whose first line of output is its address.
fn first_line(dir: &Path, mut command: Command) -> Started {
    let log = dir.join("log");
    // Held open by the child's own handle: the peer ends when its input does.
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?).spawn()?;
    let stdout = child.stdout.take();
    let running = Running(child);
    let mut line = String::new();
    if let Some(stdout) = stdout {
        BufReader::new(stdout.take(4096)).read_line(&mut line)?;
    }
    match line.trim_end() {
        "" => Err(std::fs::read_to_string(&log)?.into()),
        address => Ok((running, address.to_owned())),
    }
}

/// A program in the folders of PATH, and of the system's administrator.
pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// One of PostgreSQL's programs, of the newest version that is installed. Debian keeps them out of
/// PATH.
pub(super) fn postgres_program(name: &str) -> Option<PathBuf> {
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<_> = folders.filter_map(|entry| Some(entry.ok()?.path())).collect();
    versions.sort_by_key(|path| version(path));
    let debian =
        versions.into_iter().rev().map(|folder| folder.join("bin").join(name)).find(|file| file.is_file());
    debian.or_else(|| in_path(name))
}
