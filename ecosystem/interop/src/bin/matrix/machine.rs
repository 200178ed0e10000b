//! Where and with what it was measured.

use std::fmt::Write;
use std::process::Command;

use interop::Use;
use interop::servers::Service;

/// The crates whose versions the page tells.
const CRATES: [&str; 26] = [
    "tokio",
    "async-io",
    "smol",
    "async-compat",
    "reqwest",
    "hyper",
    "hyper-util",
    "axum",
    "tokio-tungstenite",
    "tokio-postgres",
    "sqlx",
    "redis",
    "bb8",
    "tonic",
    "tower",
    "tokio-util",
    "async-net",
    "async-process",
    "async-fs",
    "blocking",
    "async-tungstenite",
    "isahc",
    "async-imap",
    "zbus",
    "smol-hyper",
    "polling",
];

/// The lock file that this was built with.
const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));

pub(crate) fn describe(uses: &[Use]) -> String {
    let mut out = String::new();
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| Some(line.strip_prefix("model name")?.trim_start_matches([' ', '\t', ':'])));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(out, "- date: {}", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]));
    let _ = writeln!(
        out,
        "- machine: {}, {cores} processors; {}",
        model.unwrap_or("unknown"),
        said("uname", &["-sr"])
    );
    let build = if cfg!(debug_assertions) { "debug: the figures mean little" } else { "release" };
    let _ = writeln!(out, "- build: {build}, {}", said("rustc", &["--version"]));
    let versions: Vec<_> =
        CRATES.iter().filter_map(|name| Some(format!("{name} {}", version(name)?))).collect();
    let _ = writeln!(out, "- crates: {}", versions.join(", "));
    let mut services: Vec<_> =
        uses.iter().flat_map(|one| one.needs).filter(|one| **one != Service::Peer).collect();
    services.sort();
    services.dedup();
    let servers: Vec<_> = services.into_iter().map(|service| server(*service)).collect();
    let _ = writeln!(out, "- servers: {}", servers.join(", "));
    out
}

/// The newest version of a crate in the lock file.
fn version(name: &str) -> Option<&'static str> {
    let mut lines = LOCK.lines();
    let mut found = None;
    while let Some(line) = lines.next() {
        if line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"')) == Some(name) {
            found = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"');
        }
    }
    found
}

/// What a server says of its version, or that it is missing.
fn server(service: Service) -> String {
    let Some(program) = service.program() else { return format!("{service}: not installed") };
    let flag = if service == Service::Nginx { "-v" } else { "--version" };
    let Ok(output) = Command::new(program).arg(flag).output() else { return service.to_string() };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let digit = |word: &&str| word.trim_start_matches(|c: char| !c.is_ascii_digit()).contains('.');
    let version = text
        .split_whitespace()
        .find(digit)
        .map(|word| word.trim_start_matches(|c: char| !c.is_ascii_digit()));
    format!("{service} {}", version.unwrap_or("of unknown version"))
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output
        .map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.trim().to_owned()
}
