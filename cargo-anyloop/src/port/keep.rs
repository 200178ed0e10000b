//! What has to stay on tokio because a crate beside it takes tokio's own types, and what needs tokio's
//! context around it.

use super::place::From;

/// What a source keeps of tokio.
#[derive(Debug, Default)]
pub(super) struct Keep(Vec<(&'static [&'static str], &'static str)>);

/// A text that tells of a crate's use, what of tokio it takes, and why.
type Rule = (&'static str, &'static [&'static [&'static str]], &'static str);

/// What needs a runtime.
const ALL: &[&[&str]] = &[
    &["spawn"],
    &["runtime"],
    &["net"],
    &["time"],
    &["task"],
    &["fs"],
    &["process"],
    &["signal"],
    &["main"],
    &["test"],
];

const RULES: [Rule; 11] = [
    ("TokioContext", ALL, "tokio-util's TokioContext is for tokio's own runtime"),
    ("RuntimeExt", ALL, "tokio-util's RuntimeExt is for tokio's own runtime"),
    (
        "axum::serve(",
        &[&["net", "TcpListener"], &["net", "UnixListener"], &["net", "unix"]],
        "axum::serve takes tokio's listener",
    ),
    ("TcpListenerStream", &[&["net", "TcpListener"]], "tokio-stream's TcpListenerStream takes tokio's"),
    ("UnixListenerStream", &[&["net", "UnixListener"]], "tokio-stream's UnixListenerStream takes tokio's"),
    (
        "IntervalStream",
        &[&["time", "interval"], &["time", "interval_at"], &["time", "Interval"]],
        "tokio-stream's IntervalStream takes tokio's; anyloop's Interval is a Stream by itself",
    ),
    ("SignalStream", &[&["signal"]], "tokio-stream's SignalStream takes tokio's"),
    ("ReadDirStream", &[&["fs", "read_dir"]], "tokio-stream's ReadDirStream takes tokio's"),
    ("UdpFramed", &[&["net", "UdpSocket"]], "tokio-util's UdpFramed takes tokio's socket"),
    (
        "tokio_util::net",
        &[&["net", "TcpListener"], &["net", "UnixListener"]],
        "tokio-util's Listener is tokio's",
    ),
    (
        "serve_with_incoming",
        &[&["net", "TcpListener"], &["net", "UnixListener"]],
        "tonic serves tokio's streams",
    ),
];

/// Texts that tell that tokio's context is needed, beside [`RULES`].
const CONTEXT: [&str; 15] = [
    "net::windows",
    "io::bsd",
    "tokio_util::time",
    "tokio_util::udp",
    "tokio_util::task",
    "DelayQueue",
    "TokioExecutor",
    "TokioTimer",
    "hyper_util::client",
    "LocalPoolHandle",
    "tokio_test::io",
    ".throttle(",
    ".chunks_timeout(",
    ".timeout_repeating(",
    ".send_timeout(",
];

/// Packages whose futures look for tokio's runtime.
const PACKAGES: [&str; 45] = [
    "actix-rt",
    "actix-web",
    "async-nats",
    "aws-config",
    "axum",
    "axum-server",
    "bb8",
    "bollard",
    "console-subscriber",
    "deadpool",
    "deadpool-postgres",
    "deadpool-redis",
    "diesel-async",
    "elasticsearch",
    "fantoccini",
    "fred",
    "hickory-resolver",
    "hyper-tls",
    "jsonrpsee",
    "k8s-openapi",
    "kube",
    "lapin",
    "mini-redis",
    "mobc",
    "mongodb",
    "mysql_async",
    "octocrab",
    "poem",
    "quinn",
    "rdkafka",
    "redis",
    "reqwest",
    "rocket",
    "rumqttc",
    "salvo",
    "scylla",
    "sea-orm",
    "serenity",
    "sqlx",
    "teloxide",
    "tiberius",
    "tokio-postgres",
    "tonic",
    "tower-http",
    "warp",
];

impl Keep {
    /// What a source of a package keeps.
    pub(super) fn of(text: &str, from: From) -> Keep {
        match from {
            From::Tokio => {}
            From::Smol if shares_stream(text) => {
                return Keep(vec![(&["net", "TcpStream"], SHARED), (&["net", "TcpListener"], SHARED)]);
            }
            From::Smol => return Keep::default(),
            From::AsyncStd => {
                let mut kept: Vec<(&[&str], _)> = Vec::new();
                if shares_stream(text) {
                    kept.extend([(&["net", "TcpStream"][..], SHARED), (&["net", "TcpListener"], SHARED)]);
                }
                if text.contains("task_local!") || text.contains("task::current") {
                    kept.push((&["task"], "locals and names are of async-std's own tasks"));
                }
                return Keep(kept);
            }
        }
        let rules = RULES.iter().filter(|(needle, _, _)| mentions(text, needle));
        Keep(rules.flat_map(|(_, kept, why)| kept.iter().map(|path| (*path, *why))).collect())
    }

    /// Why this item is kept, if it is.
    pub(super) fn why(&self, path: &[&str]) -> Option<&'static str> {
        self.0.iter().find(|(kept, _)| path.starts_with(kept)).map(|(_, why)| *why)
    }
}

const SHARED: &str = "the stream is cloned or used by reference: `into_split()` gives halves that own it, and then it can move";

/// Whether a source reads and writes a stream through clones or references.
fn shares_stream(text: &str) -> bool {
    let names = ["stream", "client", "socket", "conn", "connection", "sock", "tcp_stream", "peer"];
    let ends = [")", ",", ";", " ", "\n"];
    let by = |name: &str| {
        let reference = |mark: &str| ends.iter().any(|end| text.contains(&format!("{mark}{name}{end}")));
        text.contains(&format!("{name}.clone()")) || reference("&") || reference("&*")
    };
    text.contains("TcpStream")
        && (text.contains("Arc<TcpStream>")
            || text.contains("&TcpStream")
            || names.iter().any(|name| by(name)))
}

/// Whether the name is the text's, and no part of a longer one.
fn mentions(text: &str, needle: &str) -> bool {
    // `serve` may be imported.
    let imported = text.contains("use axum::serve") || text.contains("axum::{");
    if needle == "axum::serve(" && imported && text.contains(" serve(") {
        return true;
    }
    let ends = |at: usize| text[at + needle.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices(needle).any(|(at, _)| needle.ends_with('(') || !ends(at))
}

/// Why a package that has this source needs tokio's context, if it does.
pub(super) fn context_of_source(text: &str) -> Option<&'static str> {
    let rule = RULES.iter().find(|(needle, _, _)| mentions(text, needle)).map(|(_, _, why)| *why);
    rule.or_else(|| {
        CONTEXT
            .iter()
            .find(|needle| mentions(text, needle))
            .map(|_| "a crate beside tokio sleeps by its timer, or spawns on it")
    })
}

/// Whether a package that depends on this one needs tokio's context.
pub(super) fn context_of_package(name: &str) -> bool {
    PACKAGES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{PACKAGES, context_of_package, context_of_source, mentions};

    #[test]
    fn crates_that_need_tokio_are_known() {
        assert!(context_of_package("axum") && !context_of_package("tokio-rustls"));
        assert!(PACKAGES.is_sorted());
        assert!(context_of_source("let f = UdpFramed::new(s, c);").is_some());
        assert!(context_of_source("fn main() {}").is_none());
        assert!(!mentions("IntervalStreams", "IntervalStream"));
    }
}
