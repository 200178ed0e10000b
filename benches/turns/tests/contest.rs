//! A contest of servers whose difference is known.
#![cfg(target_os = "linux")]

use std::time::Duration;

use anyloop_bench::{Client, Contest, Entrant};

fn contest(loops: &[&str]) -> Contest {
    // This test is in target/debug/deps, the server in target/debug/examples.
    let mut server = std::env::current_exe().unwrap();
    server.pop();
    server.set_file_name("examples/echo_threads");
    let command = format!("'{}' {{addr}}", server.display()).parse().unwrap();
    Contest {
        entrants: loops.iter().map(|name| Entrant::on_loop(name, &command)).collect(),
        client: Client::Echo { bytes: 64, connections: 2 },
        rounds: 7,
        slice: Duration::from_millis(40),
        count_calls: true,
    }
}

#[test]
fn the_dearer_of_two_is_told_and_the_third_says_why_it_does_not_start() {
    let contest = contest(&["busy", "plain", "none"]);
    let mut steps = 0;
    let outcome = contest.run(|_who| steps += 1).unwrap();
    assert!((1..=contest.steps()).contains(&steps));
    let names: Vec<_> = outcome.measured.iter().map(|measured| &*measured.name).collect();
    assert_eq!(names, ["plain", "busy"]);
    let findings = outcome.findings().join("\n");
    assert!(findings.contains("plain takes 0."), "{findings}");
    assert!(findings.contains("none is left out") && findings.contains("there is no loop"), "{findings}");
    let page = outcome.page("Three", "cargo anyloop bench");
    assert!(page.contains("| plain "), "{page}");
    assert_eq!(outcome.csv().lines().count(), 1 + 2 * contest.rounds);
    // Where strace may not attach it is said.
    let counted = outcome.measured.iter().all(|measured| measured.calls.as_ref().is_ok_and(|n| *n >= 2.0));
    assert!(counted || findings.contains("were not counted"), "{page}{findings}");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let error = |contest: Contest| contest.run(|_| ()).unwrap_err();
    let mut nowhere = contest(&["plain"]);
    nowhere.entrants[0].command = "server --listen here".parse().unwrap();
    assert!(error(nowhere).contains("{addr}"));
    let none = error(contest(&["none"]));
    assert!(none.contains("there is no loop `none` here"), "{none}");
    // It echoes, and does not speak HTTP.
    let client = Client::Http { path: "/".to_owned(), connections: 1 };
    let strange = error(Contest { client, ..contest(&["plain"]) });
    assert!(strange.contains("the server answers `GET / HTTP/1.1`"), "{strange}");
}
