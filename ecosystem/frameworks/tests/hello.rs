//! The hello over HTTP on anyloop is no longer than the same on plain tokio and plain smol.

use std::fs;
use std::path::Path;

/// Lines with code in them.
fn lines(file: &str) -> usize {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("it is there");
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count()
}

#[test]
fn ours_is_no_longer_than_on_plain_tokio_and_plain_smol() {
    let ours = lines("../web/examples/http_hello.rs");
    for other in ["examples/hello_tokio.rs", "examples/hello_smol.rs"] {
        assert!(ours <= lines(other), "ours has {ours} lines, {other} {}", lines(other));
    }
}
