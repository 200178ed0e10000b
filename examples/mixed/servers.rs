//! nginx and redis-server, started on free ports if they are installed, and ended with the program.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Outcome;

/// How long one of them may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// One that runs; dropping this ends it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    child: Child,
    _dir: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Starts nginx with one page, unless the user has a server or it is not installed.
pub(crate) fn nginx(given: Option<SocketAddr>) -> Outcome<Option<Server>> {
    start(given, "nginx", |dir, addr| {
        let path = dir.display();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log stderr warn; events {{ }}
http {{
  access_log off; keepalive_requests 1000000; default_type text/plain;
  client_body_temp_path {path}/body; proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/fastcgi;
  uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
  server {{ listen {addr}; location / {{ return 200 \"ciao\\n\"; }} }}
}}
"
        );
        std::fs::write(dir.join("conf"), config)?;
        Ok(vec!["-p".into(), dir.into(), "-c".into(), dir.join("conf"), "-e".into(), "stderr".into()])
    })
}

/// Starts redis-server, which keeps nothing, unless the user has one or it is not installed.
pub(crate) fn redis(given: Option<SocketAddr>) -> Outcome<Option<Server>> {
    start(given, "redis-server", |dir, addr| {
        let (ip, port) = (addr.ip().to_string(), addr.port().to_string());
        let options = ["--bind", &ip, "--port", &port, "--save", "", "--dir"];
        Ok(options.into_iter().map(PathBuf::from).chain([dir.to_owned()]).collect())
    })
}

fn start(
    given: Option<SocketAddr>,
    name: &str,
    arguments: impl FnOnce(&Path, SocketAddr) -> std::io::Result<Vec<PathBuf>>,
) -> Outcome<Option<Server>> {
    let Some(program) = installed(name).filter(|_| given.is_none()) else { return Ok(None) };
    let dir = tempfile::tempdir()?;
    let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let log = dir.path().join("log");
    let out = File::create(&log)?;
    let mut command = Command::new(program);
    command.args(arguments(dir.path(), addr)?).stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
    let mut server = Server { addr, child: command.spawn()?, _dir: dir };
    let begun = Instant::now();
    while TcpStream::connect(addr).is_err() {
        if server.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
            return Err(format!("{name} does not start:\n{}", std::fs::read_to_string(log)?).into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(Some(server))
}

/// Where the program is; daemons often lie where only the administrator looks.
fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
