//! The four models on every backend: what their clients are told.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::process::Command;

use crate::support::{BACKENDS, Server, beside_each_other, fails, program};

/// What one client was told.
struct Told {
    after: u64,
    text: String,
}

impl Told {
    /// The number after a word.
    fn number(&self, word: &str) -> u64 {
        let mut words = self.text.split([' ', ',']).skip_while(|one| *one != word).skip(1);
        words.next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{word}: {}", self.text))
    }
}

fn clients(backend: &str, args: &[&str]) -> Vec<Told> {
    let output = program("servers").args(["--backend", backend]).args(args).output().expect("the program");
    assert!(output.status.success(), "{backend}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix("after ")?.split_once(" ms: "));
    lines
        .map(|(after, text)| Told { after: after.parse().expect("a number"), text: text.to_owned() })
        .collect()
}

fn threads(told: &[Told]) -> usize {
    told.iter().map(|told| told.text.rsplit(" on ").next()).collect::<HashSet<_>>().len()
}

#[test]
fn synchronous_clients_wait_in_line() {
    beside_each_other(|backend| {
        let told = clients(backend, &["--model", "sync", "--clients", "3", "--wait", "100"]);
        assert_eq!((told.len(), threads(&told)), (3, 1), "{backend}");
        for (told, least) in told.iter().zip([100, 200, 300]) {
            assert!(told.after >= least, "{backend}: {} ms, {}", told.after, told.text);
        }
    });
}

#[test]
fn threads_and_tasks_wait_at_once() {
    beside_each_other(|backend| {
        for (model, expected) in [("threads", 3), ("async", 1)] {
            let args = ["--model", model, "--clients", "3", "--wait", "500", "--compute", "2"];
            let told = clients(backend, &args);
            assert_eq!((told.len(), threads(&told)), (3, expected), "{backend} {model}");
            for told in &told {
                assert!(told.number("waited") >= 500 && told.number("ran") >= 2, "{backend}: {}", told.text);
            }
            // One after the other would take all of these.
            let waited: u64 = told.iter().map(|told| told.number("waited")).sum();
            assert!(told[2].after < waited, "{backend} {model}: {} of {waited} ms", told[2].after);
        }
    });
}

#[test]
fn a_limit_of_threads_is_told_and_harms_no_other() {
    beside_each_other(|backend| {
        let told = clients(backend, &["--model", "threads", "--threads", "2", "--clients", "4"]);
        let (refused, served): (Vec<_>, Vec<_>) =
            told.iter().partition(|told| told.text == "all 2 threads are taken; --threads gives more");
        assert_eq!((refused.len(), served.len()), (2, 2), "{backend}");
        assert!(served.iter().all(|told| told.number("waited") >= 200), "{backend}");
    });
}

#[test]
fn what_a_pool_has_no_thread_for_queues() {
    beside_each_other(|backend| {
        let args = ["--model", "pool", "--threads", "2", "--clients", "6", "--wait", "100"];
        let told = clients(backend, &args);
        assert_eq!(told.len(), 6, "{backend}");
        assert!(threads(&told) <= 2, "{backend}: more than two at once");
        assert!(told[5].after >= 300, "{backend}: {} ms", told[5].after);
        let queued = told.iter().filter(|told| told.number("queued") >= 50).count();
        assert!(queued >= 2, "{backend}: {queued} queued");
    });
}

/// If curl is installed.
#[test]
fn curl_is_served_by_each() {
    for backend in BACKENDS {
        for model in ["sync", "threads", "pool", "async"] {
            let server = Server::start("servers", &["--backend", backend, "--model", model, "--wait", "1"]);
            let url = format!("http://{}/", server.addr);
            match Command::new("curl").args(["--silent", "--max-time", "20", &url]).output() {
                Ok(output) => assert!(output.stdout.starts_with(b"queued "), "{backend} {model}: {output:?}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "curl: {error}"),
            }
        }
    }
}

#[test]
fn bad_arguments_are_told() {
    assert!(fails("servers", &[]).contains("--model"));
    assert!(fails("servers", &["--model", "forks"]).contains("sync, threads, pool, async"));
    assert!(fails("servers", &["--model", "pool", "--threads", "0"]).contains("1..=65535"));
    assert!(fails("servers", &["--model", "pool", "--listen", "nonsense"]).contains("nonsense"));
}
