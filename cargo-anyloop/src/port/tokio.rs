//! tokio's items: anyloop has most of them by the same path.

use super::place::Place;

/// What `anyloop::runtime` has of tokio's.
const RUNTIME: [&str; 10] = [
    "Builder",
    "EnterGuard",
    "Handle",
    "Id",
    "LocalOptions",
    "LocalRuntime",
    "Runtime",
    "RuntimeFlavor",
    "RuntimeMetrics",
    "TryCurrentError",
];
/// What of `tokio::io` needs a runtime.
const IO: [&str; 9] = ["Interest", "Ready", "Stderr", "Stdin", "Stdout", "stderr", "stdin", "stdout", "unix"];

/// Why a call of `pause` needs a person, though it moves, and what to write.
pub(super) const PAUSE: &str =
    "smol's clock cannot be stopped, so that there it panics, and a test runs on every loop";
pub(super) const PAUSED_TEST: &str = "`#[anyloop::test(start_paused = true)]` in its place, which makes no test for smol; or `try_pause`, whose error says so";

/// Where an item goes, by its path inside the crate.
pub(super) fn place(path: &[&str], all: bool) -> Place {
    let here = || Place::Moves(path.join("::"));
    let free = || if all { here() } else { Place::Stays };
    match *path {
        [] | ["io"] => Place::Mixed,
        ["spawn" | "main" | "test" | "fs" | "process" | "signal" | "net" | "time" | "runtime", ..]
            if gone(path).is_none() =>
        {
            here()
        }
        ["task", "LocalKey" | "AccessError" | "futures", ..] => free(),
        ["task", ..] if gone(path).is_none() => here(),
        ["io", "bsd", ..] => gone(path).unwrap_or(Place::Stays),
        ["io", name, ..] if IO.contains(&name) => here(),
        ["io" | "sync", ..] | ["select" | "join" | "try_join" | "pin" | "task_local"] => free(),
        _ => gone(path).unwrap_or(Place::Stays),
    }
}

/// What anyloop does not have: docs/from-tokio.md says why.
fn gone(path: &[&str]) -> Option<Place> {
    let (why, write) = match *path {
        // These work in tokio's context, which `keep` gives the loop then.
        ["net", "windows", ..] => return Some(Place::Kept("Windows tells readiness of sockets alone")),
        ["io", "bsd", ..] => return Some(Place::Kept("of FreeBSD alone")),
        ["time", "error", "Error" | "InsertError"] => ("no function gives it", "delete what matches on it"),
        ["task", "Builder", ..] => (
            "it needs `tokio_unstable`, and may change with each release",
            "`anyloop::spawn`; a name goes to `tracing`'s span",
        ),
        ["task", "join_set" | "join_map", ..] => ("there is no such module", "`anyloop::task::JoinSet`"),
        ["runtime", "*"] => return None,
        ["runtime", name, ..] if !RUNTIME.contains(&name) => (
            "it needs `tokio_unstable`, or is of tokio's scheduler",
            "leave it out; docs/from-tokio.md, \"Runtime\", lists what is there",
        ),
        ["stream" | "prelude" | "timer" | "executor" | "reactor", ..] => {
            ("it is of tokio 0", "move to tokio 1 first")
        }
        _ => return None,
    };
    Some(Place::Gone { why, write })
}

/// The feature of anyloop, and of tokio, that an item needs.
pub(super) fn features(path: &[&str]) -> (Option<&'static str>, Option<&'static str>) {
    match *path {
        ["process", ..] => (Some("process"), Some("process")),
        ["signal", ..] => (Some("signal"), Some("signal")),
        ["sync", ..] => (Some("sync"), Some("sync")),
        ["main" | "test" | "select" | "join" | "try_join" | "pin"] => (Some("macros"), Some("macros")),
        ["time", "pause" | "resume" | "advance"] => (Some("test-util"), Some("test-util")),
        ["io", "AsyncRead" | "AsyncWrite" | "AsyncBufRead" | "AsyncSeek" | "ReadBuf"] => (None, None),
        ["io", name, ..] if IO.contains(&name) => (None, None),
        ["io", ..] => (Some("io-util"), Some("io-util")),
        ["task_local"] | ["task", "LocalKey" | "AccessError" | "futures", ..] => (None, Some("rt")),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::place;

    #[test]
    fn what_needs_a_runtime_moves() {
        assert_eq!(place(&["net", "TcpStream"], false), Place::Moves("net::TcpStream".into()));
        assert_eq!(place(&["sync", "mpsc"], false), Place::Stays);
        assert_eq!(place(&["sync", "mpsc"], true), Place::Moves("sync::mpsc".into()));
        assert_eq!(place(&["io", "stdin"], false), Place::Moves("io::stdin".into()));
        assert_eq!(place(&["io", "AsyncReadExt"], false), Place::Stays);
        assert_eq!(place(&["io"], false), Place::Mixed);
        assert!(matches!(place(&["task", "Builder", "new"], false), Place::Gone { .. }));
        assert!(matches!(place(&["runtime", "UnhandledPanic"], false), Place::Gone { .. }));
    }
}
