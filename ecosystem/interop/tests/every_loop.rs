//! Every use and every edge on every backend, each in a process of its own: a hang or a crash of
//! one is no matter of another's.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use interop::servers::{Servers, Service};
use interop::{EDGES, Env, Host};
use libtest_mimic::{Arguments, Failed, Trial};

/// How long one of them may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They start processes and threads of their own; more at once would only be slower.
    arguments.test_threads.get_or_insert(2);
    let program = Path::new(env!("CARGO_BIN_EXE_matrix"));
    let servers = if arguments.list { &[][..] } else { &Service::ALL };
    let servers = match Servers::start(servers, program) {
        Ok(servers) => servers,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for host in Host::BACKENDS {
        for one in interop::all() {
            trials.push(trial(["cell", one.name], host, one.missing(), servers.env()));
        }
        for edge in EDGES {
            let missing = edge.needs.iter().find_map(|service| service.missing());
            trials.push(trial(["edge", edge.name], host, missing, servers.env()));
        }
    }
    // That a use can fail at all: this is what it does without a tokio part.
    let env = servers.env();
    trials.push(Trial::test("plain smol has no reactor for tokio's crates", move || {
        match run(["cell", "tokio::time"], Host::PlainSmol, &env) {
            Err(failed) if failed.message().is_some_and(|said| said.contains("no reactor running")) => Ok(()),
            Err(failed) => Err(failed),
            Ok(()) => Err("tokio's timer worked where there is no tokio".into()),
        }
    }));
    trials.push(Trial::test("the page is written, and a bad option told", page));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(servers);
    conclusion.exit_code()
}

/// A test that runs the program as its child. One whose server is not installed is shown as
/// ignored, with the reason.
fn trial(args: [&'static str; 2], host: Host, missing: Option<String>, env: Env) -> Trial {
    let ignored = missing.is_some();
    let name = format!("{host}: {}", args[1]);
    let test = Trial::test(name, move || run(args, host, &env)).with_ignored_flag(ignored);
    match missing {
        Some(reason) => test.with_kind(reason),
        None => test,
    }
}

fn page() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let page = dir.path().join("page.md");
    let matrix = |only: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matrix"));
        command
            .args(["--only", only, "--time", "1", "--rounds", "2", "--out"])
            .arg(&page)
            .stdin(Stdio::null())
            .output()
    };
    let output = matrix("tokio::io")?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = std::fs::read_to_string(&page)?;
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| tokio::io |")).collect();
    // The time, the switches, the threads; and plain smol, the last column, cannot do it.
    if rows.len() != 3 || !rows.iter().all(|row| row.ends_with("| - |")) {
        return Err(text.into());
    }
    let csv = std::fs::read_to_string(page.with_extension("csv"))?;
    // A line for each round of the five that can, and the head.
    if csv.lines().count() != 11 {
        return Err(csv.into());
    }
    let said = String::from_utf8(matrix("nothing of the kind")?.stderr)?;
    if !said.contains("no use has \"nothing of the kind\" in its name") {
        return Err(said.into());
    }
    Ok(())
}

fn run(args: [&str; 2], host: Host, env: &Env) -> Result<(), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matrix"));
    env.pass_to(&mut command);
    command.args(args).args(["--host", host.name()]);
    let log = tempfile::NamedTempFile::new()?;
    let (stdout, stderr) = (log.reopen()?, log.as_file().try_clone()?);
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn()?;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                child.kill()?;
                break child.wait()?;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(log.path())?;
    let late = if begun.elapsed() > PATIENCE { ", because it did not end" } else { "" };
    Err(format!("{status}{late}\n{said}").into())
}
