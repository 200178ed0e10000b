//! Files as they are found: their line ends and marks, and those that come in from elsewhere.

mod common;

use cargo_anyloop::port::run;
use common::{PROGRAM, options, read, write};

const SLEEPS: &str = "pub async fn f() { tokio::time::sleep(d).await }\n";

#[test]
fn line_ends_and_marks_are_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let main = "\u{feff}//! A program.\nuse tokio::{\n    net::TcpListener,\n    sync::mpsc, // channels\n};\n\n/// ```\n/// use tokio::{sync, time};\n/// ```\nfn f() { tokio::spawn(x); }\n";
    let with_returns = |text: &str| text.replace('\n', "\r\n");
    write(dir.path(), &[("Cargo.toml", &with_returns(PROGRAM)), ("src/main.rs", &with_returns(main))]);
    run(dir.path(), &options()).expect("a program");
    let moved = ["src/main.rs", "Cargo.toml"].map(|name| read(dir.path(), name));
    for text in &moved {
        assert!(text.contains("anyloop") && !text.replace("\r\n", "").contains('\n'), "{text:?}");
    }
    assert!(
        moved[0].starts_with("\u{feff}//! A program.\r\nuse anyloop::net::TcpListener;\r\n"),
        "{}",
        moved[0]
    );
    assert!(!run(dir.path(), &options()).expect("a program").has_work());
}

#[test]
fn parts_in_the_folder_are_moved_with_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let main = "#[path = \"items.inc\"] mod items;\n#[path = \"../parts/deep.rs\"] mod deep;\nasync fn f() { include!(\"expr.in\").await; include!(\"statements.rs\") }\n";
    let parts = ["src/items.inc", "parts/deep.rs", "src/expr.in", "src/statements.rs"];
    write(
        dir.path(),
        &[
            ("Cargo.toml", PROGRAM),
            ("src/main.rs", main),
            (parts[0], SLEEPS),
            (parts[1], SLEEPS),
            (parts[2], "tokio::time::sleep(d)\n"),
            (parts[3], "let a = 1;\ntokio::time::sleep(a)\n"),
        ],
    );
    run(dir.path(), &options()).expect("a program");
    for part in parts {
        let text = read(dir.path(), part);
        assert!(text.contains("anyloop::time::sleep") && !text.contains("tokio"), "{part}: {text}");
    }
    assert!(!run(dir.path(), &options()).expect("a program").has_work());
}

#[cfg(unix)]
#[test]
fn parts_from_outside_are_told_of() {
    let dir = tempfile::tempdir().expect("a folder");
    write(
        dir.path(),
        &[
            ("p/Cargo.toml", PROGRAM),
            (
                "p/src/main.rs",
                "mod link;\n#[path = \"../../outside.rs\"] mod outside;\nfn f() { tokio::spawn(x); }\n",
            ),
            ("p/shared/in.rs", SLEEPS),
            ("outside.rs", SLEEPS),
            ("other.rs", "fn f() {}\n"),
        ],
    );
    let folder = dir.path().join("p");
    for (to, name) in
        [("../../outside.rs", "link.rs"), ("../shared/in.rs", "within.rs"), ("../../other.rs", "other.rs")]
    {
        std::os::unix::fs::symlink(to, folder.join("src").join(name)).expect("a link");
    }
    let report = run(&folder, &options()).expect("a program").to_string();
    let place = |line: &str| format!("{}/{line}: what comes from ", folder.display());
    assert!(report.contains(&place("src/link.rs:1")) && report.contains(&place("src/main.rs:2")), "{report}");
    assert!(report.contains("; 2 left to you; "), "{report}");
    assert_eq!(report.matches("stands outside").count(), 1, "one reason is told once: {report}");
    assert_eq!(read(dir.path(), "outside.rs"), SLEEPS);
    assert_eq!(read(&folder, "shared/in.rs"), SLEEPS.replace("tokio", "anyloop"));
}

#[test]
fn the_input_of_a_test_need_not_be_rust() {
    let dir = tempfile::tempdir().expect("a folder");
    let main = "fn f() { tokio::spawn(x); }\n";
    write(
        dir.path(),
        &[("Cargo.toml", PROGRAM), ("src/main.rs", main), ("tests/ui/bad.rs", "// tokio\nfn {}\n")],
    );
    std::fs::write(dir.path().join("tests/ui/latin.rs"), b"// tokio, caf\xe9\n").expect("a file");
    let report = run(dir.path(), &options()).expect("a program").to_string();
    assert_eq!(read(dir.path(), "src/main.rs"), main.replace("tokio", "anyloop"));
    for place in
        ["bad.rs:2: the whole file", "latin.rs:1: the whole file", "it is not UTF-8", "it is not Rust"]
    {
        assert!(report.contains(place), "{place} in {report}");
    }
}
