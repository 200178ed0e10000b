//! A server under test.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::command::CommandLine;
use crate::cpu;

/// How long a server has to listen.
const START: Duration = Duration::from_secs(30);

/// A server's process, which is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts the command on a free address, with this more in its environment, and waits until it
    /// listens.
    pub(super) fn start(line: &CommandLine, env: &[(String, String)]) -> io::Result<Server> {
        // A port that the system has just given is not given again at once.
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut errors = said()?;
        let process = line
            .command(addr, Duration::ZERO)
            .envs(env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.try_clone()?)
            .spawn()
            .map_err(|error| named(line.program(), &error))?;
        let mut server = Server { addr, process };
        let begun = Instant::now();
        loop {
            if TcpStream::connect(addr).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.process.try_wait()? {
                return Err(io::Error::other(format!("it ended ({status}){}", last_line(&mut errors)?)));
            }
            if begun.elapsed() > START {
                let what = format!("nothing listens on {addr} after {} s", START.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, what + &last_line(&mut errors)?));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The process, and those that it has started.
    fn processes(&self) -> Vec<u32> {
        let mut all = vec![self.process.id()];
        let mut at = 0;
        while let Some(&id) = all.get(at) {
            let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
            for task in tasks {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
            }
            at += 1;
        }
        all
    }

    /// The CPU time that they have used.
    pub(super) fn cpu(&self) -> io::Result<Duration> {
        self.processes().into_iter().map(cpu::of_process).sum()
    }

    /// The most memory that they had in use, in bytes.
    pub(super) fn peak_memory(&self) -> io::Result<u64> {
        self.processes().into_iter().map(cpu::peak_resident).sum()
    }

    /// Waits until all threads are traced, or the tracer has ended.
    fn wait_for_tracer(&self, tracer: &mut Child) -> io::Result<()> {
        let is_traced = |id: &u32| {
            let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
            tasks.map(|task| fs::read_to_string(task.path().join("status")).unwrap_or_default()).all(
                |status| {
                    !status
                        .lines()
                        .any(|line| line.strip_prefix("TracerPid:").is_some_and(|by| by.trim() == "0"))
                },
            )
        };
        let begun = Instant::now();
        while !self.processes().iter().all(is_traced) && tracer.try_wait()?.is_none() {
            if begun.elapsed() > START {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "strace does not attach"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// How many system calls they make while `load` runs, by strace; an error says why it cannot be
    /// told.
    pub(super) fn system_calls<T>(&self, load: impl FnOnce() -> io::Result<T>) -> io::Result<(u64, T)> {
        let mut table = said()?;
        let mut strace = Command::new("strace");
        for id in self.processes() {
            strace.args(["-p", &id.to_string()]);
        }
        let mut tracer = strace
            .args(["-f", "-c", "-q"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(table.try_clone()?)
            .spawn()
            .map_err(|error| named("strace", &error))?;
        self.wait_for_tracer(&mut tracer)?;
        let done = load();
        // The client may have an answer before the server's call has returned.
        for id in self.processes() {
            cpu::wait_for_sleep(id, START)?;
        }
        if tracer.try_wait()?.is_none() {
            let id = rustix::process::Pid::from_raw(tracer.id() as i32).ok_or(io::ErrorKind::NotFound)?;
            rustix::process::kill_process(id, rustix::process::Signal::INT)?;
        }
        tracer.wait()?;
        let done = done?;
        let mut text = String::new();
        table.rewind()?;
        table.read_to_string(&mut text)?;
        let calls = total(&text).ok_or_else(|| io::Error::other(format!("strace said {:?}", text.trim())))?;
        Ok((calls, done))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Those below first: without their parent they could not be found.
        for id in self.processes().into_iter().rev() {
            if let Some(id) = rustix::process::Pid::from_raw(id as i32) {
                // It may have ended by itself.
                let _gone = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
        }
        let _gone = self.process.wait();
    }
}

fn named(program: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{program}` cannot be started: {error}"))
}

/// A file without a name, for what a program says.
fn said() -> io::Result<File> {
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::TMPFILE | rustix::fs::OFlags::CLOEXEC;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    Ok(rustix::fs::open(std::env::temp_dir(), flags, mode)?.into())
}

/// The last line that was said, for an error.
fn last_line(errors: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    errors.rewind()?;
    errors.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    Ok(last.map(|line| format!(": {}", line.trim())).unwrap_or_default())
}

/// The calls in the last line of strace's table.
fn total(table: &str) -> Option<u64> {
    let line = table.lines().rfind(|line| line.trim_end().ends_with(" total"))?;
    // % time, seconds, usecs/call, calls, errors if there were any.
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straces_table_has_its_total() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                      60.00    0.000120           1       100           read\n\
                     100.00    0.000200           1       150        20 total\n";
        assert_eq!(total(table), Some(150));
        assert_eq!(total("strace: attach: ptrace: Operation not permitted"), None);
    }

    #[test]
    fn a_server_that_ends_says_why() {
        let line: CommandLine = "sh -c 'echo no such loop >&2; exit 3' {addr}".parse().unwrap();
        let error = Server::start(&line, &[]).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no such loop"), "{error}");
        let line: CommandLine = "/nowhere/server {addr}".parse().unwrap();
        let error = Server::start(&line, &[]).unwrap_err().to_string();
        assert!(error.contains("/nowhere/server"), "{error}");
    }
}
