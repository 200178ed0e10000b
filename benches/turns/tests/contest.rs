//! A contest of servers whose difference is known.
#![cfg(target_os = "linux")]

use std::time::Duration;

use anyloop_bench::{Client, Contest};

fn contest() -> Contest {
    // This test is in target/debug/deps, the server in target/debug/examples.
    let mut server = std::env::current_exe().unwrap();
    server.pop();
    server.set_file_name("examples/echo_threads");
    Contest {
        server: format!("'{}' {{addr}}", server.display()).parse().unwrap(),
        client: Client::Echo { bytes: 64, connections: 2 },
        backends: ["busy", "plain", "none"].map(str::to_owned).into(),
        rounds: 7,
        slice: Duration::from_millis(40),
        count_calls: true,
    }
}

#[test]
fn the_dearer_of_two_is_told_and_the_third_says_why_it_does_not_start() {
    let contest = contest();
    let mut steps = 0;
    let outcome = contest.run(|_who| steps += 1).unwrap();
    assert!((1..=contest.steps()).contains(&steps));
    let names: Vec<_> = outcome.measured.iter().map(|measured| &*measured.backend).collect();
    assert_eq!(names, ["plain", "busy"]);
    let findings = outcome.findings().join("\n");
    assert!(findings.contains("plain takes 0."), "{findings}");
    assert!(findings.contains("none is left out") && findings.contains("there is no loop"), "{findings}");
    let page = outcome.page("cargo anyloop bench");
    assert!(page.contains("| plain "), "{page}");
    assert_eq!(outcome.csv().lines().count(), 1 + 2 * contest.rounds);
    // Where strace may not attach it is said.
    let counted = outcome.measured.iter().all(|measured| measured.calls.as_ref().is_ok_and(|n| *n >= 2.0));
    assert!(counted || findings.contains("were not counted"), "{page}{findings}");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let error = |contest: Contest| contest.run(|_| ()).unwrap_err();
    let mut nowhere = contest();
    nowhere.server = "server --port 80".parse().unwrap();
    assert!(error(nowhere).contains("{addr}"));
    assert!(error(Contest { rounds: 3, ..contest() }).contains("7 rounds"));
    let none = error(Contest { backends: vec!["none".to_owned()], ..contest() });
    assert!(none.contains("there is no loop `none` here"), "{none}");
    // It echoes, and does not speak HTTP.
    let client = Client::Http { path: "/".to_owned(), connections: 1 };
    let strange = error(Contest { client, backends: vec!["plain".to_owned()], ..contest() });
    assert!(strange.contains("the server answers `GET / HTTP/1.1`"), "{strange}");
}
