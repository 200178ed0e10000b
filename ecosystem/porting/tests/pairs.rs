//! Each program says the same after it was moved as before, on every loop and in a world; and the
//! page shows the programs as they are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

const BACKENDS: [&str; 3] = ["native", "tokio", "smol"];
/// Those that cannot run in a world, and what they end with there: one watches a socket of the
/// system's, two need tokio's or start a process, and one keeps async-std's sockets: it waits for what is
/// outside of the world, unless it is woken before by a thread that is not of the world.
const NOT_IN_A_WORLD: [(&str, &str); 4] = [
    ("asyncio-callbacks", "without readiness of descriptors"),
    ("tokio-crates", "tokio"),
    ("tokio-crates, as ported", "process"),
    ("async-std-server, as ported", "of the world"),
];
const PATIENCE: Duration = Duration::from_secs(60);

/// The programs: the folder, what the program before was written for, and both binaries' paths.
macro_rules! rust {
    ($($name:literal),+) => {
        [$(($name, concat!(env!("CARGO_MANIFEST_DIR"), "/", $name), Some(env!(concat!("CARGO_BIN_EXE_", $name, "-before"))),
            env!(concat!("CARGO_BIN_EXE_", $name, "-after")))),+]
    };
}
macro_rules! ported {
    ($($name:literal),+) => {
        [$((concat!($name, ", as ported"), Some(env!(concat!("CARGO_BIN_EXE_", $name, "-before"))),
            env!(concat!("CARGO_BIN_EXE_", $name, "-ported")))),+]
    };
}
macro_rules! python {
    ($($name:literal),+) => {
        [$(($name, concat!(env!("CARGO_MANIFEST_DIR"), "/", $name), None,
            env!(concat!("CARGO_BIN_EXE_", $name, "-after")))),+]
    };
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    let rust = rust!["tokio-server", "tokio-crates", "smol-pipeline", "async-std-server"];
    let python = python![
        "asyncio-tasks",
        "asyncio-streams",
        "asyncio-callbacks",
        "asyncio-protocol",
        "tornado-loop",
        "tornado-server"
    ];
    for (name, folder, before, after) in rust.into_iter().chain(python) {
        trials.push(pair(name, Path::new(folder), before, after));
    }
    // What `cargo anyloop port` makes of a program by itself.
    for (name, before, after) in ported!["tokio-crates", "smol-pipeline", "async-std-server"] {
        trials.push(pair(name, Path::new(""), before, after));
    }
    trials.push(Trial::test("the page shows every program as it is", page));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn pair(
    name: &'static str,
    folder: &'static Path,
    before: Option<&'static str>,
    after: &'static str,
) -> Trial {
    let library = name.split('-').next().unwrap_or(name);
    let python = if before.is_none() { python_with(library) } else { None };
    let missing = before.is_none() && python.is_none();
    let trial = Trial::test(name, move || {
        let before = match (before, python) {
            (Some(program), _) => run(program, None, "native")?,
            (None, Some(python)) => run(python, Some(&folder.join("before.py")), "native")?,
            (None, None) => return Err("there is no Python for the program before".into()),
        };
        if before.trim().is_empty() {
            return Err("the program before says nothing".into());
        }
        let refusal = NOT_IN_A_WORLD.iter().find(|(other, _)| *other == name).map(|(_, words)| *words);
        let world = Some("sim").filter(|_| refusal.is_none());
        for backend in BACKENDS.into_iter().chain(world) {
            let after = run(after, None, backend)?;
            if after != before {
                return Err(format!("before:\n{before}\nafter, on {backend}:\n{after}").into());
            }
        }
        match refusal.map(|words| (words, run(after, None, "sim"))) {
            Some((words, Err(told))) if told.message().is_some_and(|told| told.contains(words)) => Ok(()),
            Some((words, told)) => Err(format!("in a world it ends with {told:?}, and not {words:?}").into()),
            None => Ok(()),
        }
    });
    let trial = trial.with_ignored_flag(missing);
    if missing { trial.with_kind(format!("skipped: no Python 3 with {library} is installed")) } else { trial }
}

/// A Python that has the module.
fn python_with(module: &str) -> Option<PathBuf> {
    let import = format!("import {module}, sys; assert sys.version_info >= (3, 9)");
    let pythons = ["python3", "/usr/bin/python3"].map(PathBuf::from);
    pythons.into_iter().find(|python| {
        let mut command = Command::new(python);
        let status = command.args(["-c", &import]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    })
}

/// What a program says, which must end well and in time.
fn run(program: impl AsRef<OsStr>, argument: Option<&Path>, backend: &str) -> Result<String, Failed> {
    let mut command = Command::new(program);
    command.args(argument).env("ANYLOOP_BACKEND", backend).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let id = child.id().to_string();
    let (tell, told) = mpsc::channel();
    let waits = std::thread::spawn(move || tell.send(child.wait_with_output()));
    let output: Output = match told.recv_timeout(PATIENCE) {
        Ok(output) => output?,
        Err(_) => {
            Command::new("kill").args(["-KILL", &id]).status()?;
            return Err("it did not end".into());
        }
    };
    let _told = waits.join();
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Writes the programs into the page where `BLESS` is set.
fn page() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../docs/porting.md");
    let old = std::fs::read_to_string(&path)?;
    let new = porting::with_programs(&old, root)?;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &new)?;
        return Ok(());
    }
    if old != new {
        return Err("docs/porting.md has other programs than the files: run this test with BLESS=1".into());
    }
    Ok(())
}
