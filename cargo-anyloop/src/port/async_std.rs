//! async-std's items.

use super::place::Place;

/// Where an item goes, by its path inside the crate.
pub(super) fn place(path: &[&str]) -> Place {
    let moves = |to: &str| Place::Moves(to.to_owned());
    match *path {
        [] | ["task" | "future" | "net"] => Place::Mixed,
        ["main" | "test"] => moves(path[0]),
        ["task", "spawn" | "spawn_blocking" | "spawn_local" | "JoinHandle" | "yield_now"] => {
            moves(&path.join("::"))
        }
        ["task", "sleep"] => moves("time::sleep"),
        ["task", "block_on"] => {
            Place::Becomes("anyloop::runtime::Runtime::new().expect(\"a loop\").block_on")
        }
        ["future", "timeout"] => moves("time::timeout"),
        ["future", "TimeoutError"] => moves("time::error::Elapsed"),
        ["net", name @ ("TcpListener" | "TcpStream" | "UdpSocket"), ref rest @ ..] => {
            moves(&[&["net", name], rest].concat().join("::"))
        }
        ["os", "unix", "net", name @ ("UnixListener" | "UnixStream" | "UnixDatagram"), ref rest @ ..] => {
            moves(&[&["net", name], rest].concat().join("::"))
        }
        ["task", "Builder", ..] => Place::Kept("its tasks run on async-std's own threads"),
        ["fs" | "process", ..]
        | ["io", "stdin" | "stdout" | "stderr" | "Stdin" | "Stdout" | "Stderr" | "timeout"] => {
            Place::Kept("it works on every loop, on async-std's own threads; anyloop's has tokio's methods")
        }
        _ => Place::Stays,
    }
}
