//! The talk's first programs; and the page that goes through the talk names what is there.

use std::path::Path;

use crate::support::{BACKENDS, fails, program};

fn said(command: &mut std::process::Command) -> String {
    let output = command.output().expect("the program");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn hello_and_the_coffee_are_the_same_on_every_backend() {
    let expected = "talk:   welcome\ncoffee: sip\ntalk:   any questions?\ncoffee: sip\ntalk:   thanks\n\
        coffee: the cup is empty\n";
    for backend in BACKENDS {
        assert_eq!(said(program("hello").env("ANYLOOP_BACKEND", backend)), "Ciao EuroPython\n");
        assert_eq!(said(program("talk_and_coffee").args(["--backend", backend])), expected, "{backend}");
    }
    assert!(fails("talk_and_coffee", &["--backend", "epoll"]).contains("native, tokio"));
}

#[test]
fn every_program_and_test_of_the_page_is_there() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = std::fs::read_to_string(docs.join("talk.md")).expect("the page");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| S")).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let columns: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [_, _, _, tests, _passes] = columns[..] else { panic!("it has other columns: {row}") };
        for link in row.split("](").skip(1) {
            let path = docs.join(link.split_once(')').expect("its end").0);
            assert!(path.exists(), "{} is not there: {row}", path.display());
        }
        let mut named = 0;
        for link in tests.split("[").skip(1) {
            let (name, path) = link.split_once("](").expect("a link");
            let source = std::fs::read_to_string(docs.join(path.split_once(')').expect("its end").0));
            let source = source.expect("a source");
            let is_there = ["(", "<"].iter().any(|after| source.contains(&format!("fn {name}{after}")));
            // Those of a harness of its own are made when it runs.
            assert!(is_there || source.contains("libtest_mimic"), "no test {name}: {row}");
            named += 1;
        }
        assert!(named > 0, "no test: {row}");
    }
}
