//! One task three ways: the same output on every backend, and the page that shows them is the source.

use crate::support::{BACKENDS, fails, program};

fn told(backend: &str, args: &[&str]) -> Vec<String> {
    let output = program("three_ways").args(["--backend", backend]).args(args).output().expect("the program");
    assert!(output.status.success(), "{backend}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| line.split_once(": ").expect(line).1.trim_start().to_owned()).collect()
}

#[test]
fn all_three_come_to_the_same() {
    for backend in BACKENDS {
        let expected = "Anna speaks in the Aula, which has 120 seats";
        assert_eq!(told(backend, &[]), [expected; 3], "{backend}");
        for unknown in ["speaker of Async tools", "hall of Anna", "seats of Aula"] {
            let expected = "failed: the server does not know";
            assert_eq!(told(backend, &["--without", unknown]), [expected; 3], "{backend}");
        }
    }
    assert!(fails("three_ways", &["--backend", "epoll"]).contains("native, tokio"));
}

#[test]
fn the_page_shows_the_source() {
    let page = include_str!("../../../docs/three-ways.md");
    for source in [
        include_str!("../../three_ways/sequential.rs"),
        include_str!("../../three_ways/callbacks.rs"),
        include_str!("../../three_ways/awaiting.rs"),
    ] {
        let (_, code) = source.split_once("\n\n").expect("its head");
        assert!(
            page.contains(&format!("```rust,ignore\n{code}```\n")),
            "docs/three-ways.md has another:\n{code}"
        );
    }
}
