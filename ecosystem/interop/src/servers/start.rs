//! How each server is started, and when it serves.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outside::{Redis, Running, bound_to_us, in_path};

use super::Service;
use super::config;

type Started = Result<(Running, String), Box<dyn Error + Send + Sync>>;

pub(super) fn start(service: Service, dir: &Path, program: &Path) -> Started {
    let dir = dir.join(service.to_string());
    config::folder(&dir, None)?;
    let path = service.program().ok_or("it is not installed")?;
    match service {
        Service::PostgreSql => postgres(&dir, &path),
        Service::Redis => on_port(&dir, |port| Ok(Redis::command(&path, &dir, port))),
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

/// Starts a server on a free port, and waits until it accepts.
fn on_port(dir: &Path, command: impl FnMut(u16) -> std::io::Result<Command>) -> Started {
    let (running, port) = outside::on_port(dir, command)?;
    Ok((running, format!("127.0.0.1:{port}")))
}

/// Starts a server whose first line of output is its address.
fn first_line(dir: &Path, mut command: Command) -> Started {
    let log = dir.join("log");
    // Held open by the child's own handle: the peer ends when its input does.
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?).spawn()?;
    let stdout = child.stdout.take();
    let running = Running::new(child);
    let mut line = String::new();
    if let Some(stdout) = stdout {
        BufReader::new(stdout.take(4096)).read_line(&mut line)?;
    }
    match line.trim_end() {
        "" => Err(std::fs::read_to_string(&log)?.into()),
        address => Ok((running, address.to_owned())),
    }
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
