//! smol's items.

use super::place::Place;

/// Where an item goes, by its path inside the crate.
pub(super) fn place(path: &[&str]) -> Place {
    let moves = |to: &str| Place::Moves(to.to_owned());
    match *path {
        [] => Place::Mixed,
        ["spawn"] => moves("spawn"),
        ["unblock"] => moves("task::spawn_blocking"),
        ["Task"] => moves("task::JoinHandle"),
        ["block_on"] => Place::Becomes("anyloop::runtime::Runtime::new().expect(\"a loop\").block_on"),
        ["Timer", "after"] => Place::Becomes("anyloop::time::sleep"),
        ["Timer", "interval"] => Place::Becomes("anyloop::time::interval"),
        ["Timer", "never"] => Place::Becomes("std::future::pending::<()>"),
        ["Timer", ..] => Place::Kept("it gives the moment, and runs on async-io's own thread"),
        ["net", "resolve"] => moves("net::lookup_host"),
        ["net", name @ ("TcpListener" | "TcpStream" | "UdpSocket"), ref rest @ ..] => {
            moves(&[&["net", name], rest].concat().join("::"))
        }
        ["net", "unix", name @ ("UnixListener" | "UnixStream" | "UnixDatagram"), ref rest @ ..] => {
            moves(&[&["net", name], rest].concat().join("::"))
        }
        ["net"] => Place::Mixed,
        ["process", "Command" | "Child" | "ChildStdin" | "ChildStdout" | "ChildStderr", ..] => {
            moves(&path.join("::"))
        }
        ["Async" | "fs" | "process" | "Unblock", ..] => {
            Place::Kept("it works on every loop, on smol's own threads; anyloop's has tokio's methods")
        }
        _ => Place::Stays,
    }
}
