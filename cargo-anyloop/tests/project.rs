//! Whole crates and workspaces.

mod common;

use std::path::Path;

use cargo_anyloop::port::error::Error;
use cargo_anyloop::port::place::From;
use cargo_anyloop::port::{Options, run};
use common::{PROGRAM, options, read, write};

#[test]
fn a_program_is_moved_and_nothing_is_left_for_the_second_time() {
    let dir = tempfile::tempdir().expect("a folder");
    write(
        dir.path(),
        &[
            ("Cargo.toml", PROGRAM),
            ("src/main.rs", "fn f() { tokio::spawn(x); tokio::sync::Notify::new(); }\n"),
        ],
    );
    let dry = run(dir.path(), &Options { dry: true, ..options() }).expect("a program");
    assert!(dry.has_work());
    assert_eq!(read(dir.path(), "Cargo.toml"), PROGRAM);
    let report = run(dir.path(), &options()).expect("a program").to_string();
    assert!(
        report.contains("src/main.rs: 1 edit\n") && report.contains("tokio::sync::Notify::new (1 file)"),
        "{report}"
    );
    assert!(
        report.ends_with("1 edit in 1 file and 1 manifest; 0 left to you; 1 item not moved\n"),
        "{report}"
    );
    let manifest = PROGRAM.replace(
        "# the runtime\ntokio = { version = \"1\", features = [\"full\"] }",
        "anyloop = \"0.1\"\n# the runtime\ntokio = { version = \"1\", features = [\"sync\"] }",
    );
    assert_eq!(read(dir.path(), "Cargo.toml"), manifest);
    let again = run(dir.path(), &options()).expect("a program");
    assert!(!again.has_work(), "{again}");
    let all = run(dir.path(), &Options { all: true, ..options() }).expect("a program");
    assert!(all.has_work());
    assert_eq!(
        read(dir.path(), "Cargo.toml"),
        PROGRAM.replace("tokio = { version = \"1\", features = [\"full\"] }", "anyloop = \"0.1\"")
    );
    assert!(!run(dir.path(), &options()).expect("it is moved").has_work());
}

#[test]
fn a_library_has_the_features_it_needs_and_no_backend() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifest = "[package]\nname = \"l\"\n\n[dependencies]\nrt = { package = \"tokio\", version = \"1\", features = [\"net\", \"process\"], optional = true }\n\n[dev-dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n\n[features]\nnet = [\"dep:rt\", \"rt/time\"]\n";
    write(
        dir.path(),
        &[
            ("Cargo.toml", manifest),
            ("src/lib.rs", "use rt::process::Command;\n"),
            ("tests/t.rs", "#[tokio::test(start_paused = true)]\nasync fn t() {}\n"),
        ],
    );
    run(dir.path(), &options()).expect("a library");
    assert_eq!(read(dir.path(), "src/lib.rs"), "use anyloop::process::Command;\n");
    assert_eq!(
        read(dir.path(), "Cargo.toml"),
        "[package]\nname = \"l\"\n\n[dependencies]\nanyloop = { version = \"0.1\", default-features = false, features = [\"process\"], optional = true }\n\n[dev-dependencies]\nanyloop = { version = \"0.1\", features = [\"test-util\"] }\n\n[features]\nnet = [\"dep:anyloop\"]\n"
    );
}

#[test]
fn the_tests_of_a_library_have_a_loop() {
    let dir = tempfile::tempdir().expect("a folder");
    let manifest =
        "[package]\nname = \"l\"\n\n[dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n";
    let lib = "pub async fn f() { tokio::task::yield_now().await }\n#[tokio::test]\nasync fn t() {}\n";
    write(dir.path(), &[("Cargo.toml", manifest), ("src/lib.rs", lib)]);
    run(dir.path(), &options()).expect("a library");
    assert_eq!(
        read(dir.path(), "Cargo.toml"),
        "[package]\nname = \"l\"\n\n[dependencies]\nanyloop = { version = \"0.1\", default-features = false }\n\n[dev-dependencies]\nanyloop = \"0.1\"\n"
    );
}

#[test]
fn a_workspace_is_moved_with_its_dependencies() {
    let dir = tempfile::tempdir().expect("a folder");
    write(
        dir.path(),
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n",
            ),
            (
                "crates/a/Cargo.toml",
                "[package]\nname = \"a\"\n\n[dependencies]\ntokio.workspace = true\naxum = \"0.8\"\n",
            ),
            ("crates/a/src/main.rs", "#[tokio::main]\nasync fn main() {}\n"),
            (
                "crates/b/Cargo.toml",
                "[package]\nname = \"b\"\n\n[dependencies]\ntokio = { workspace = true }\n",
            ),
            ("crates/b/src/lib.rs", "pub use tokio::{net::TcpStream, sync::mpsc};\n"),
        ],
    );
    run(dir.path(), &options()).expect("a workspace");
    assert_eq!(
        read(dir.path(), "Cargo.toml"),
        "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\nanyloop = { version = \"0.1\", default-features = false }\ntokio = { version = \"1\", features = [\"sync\"] }\n"
    );
    let a = "[package]\nname = \"a\"\n\n[dependencies]\nanyloop = { workspace = true, features = [\"native\", \"compat\", \"macros\"] }\naxum = \"0.8\"\n";
    assert_eq!(read(dir.path(), "crates/a/Cargo.toml"), a);
    assert_eq!(
        read(dir.path(), "crates/a/src/main.rs"),
        "#[anyloop::main(flavor = \"multi_thread\", with_tokio)]\nasync fn main() {}\n"
    );
    let b = "[package]\nname = \"b\"\n\n[dependencies]\nanyloop = { workspace = true }\ntokio = { workspace = true }\n";
    assert_eq!(read(dir.path(), "crates/b/Cargo.toml"), b);
    assert!(!run(dir.path(), &options()).expect("a workspace").has_work());
}

#[test]
fn bad_input_is_an_error_that_says_where() {
    let dir = tempfile::tempdir().expect("a folder");
    let fails = |path: &Path| run(path, &options()).expect_err("it cannot be moved");
    assert!(matches!(fails(dir.path()), Error::NoManifest(_)));
    write(dir.path(), &[("Cargo.toml", "[dependencies]\n")]);
    assert!(fails(dir.path()).to_string().contains("neither [package] nor [workspace]"));
    write(dir.path(), &[("Cargo.toml", "[package\n")]);
    assert!(fails(dir.path()).to_string().contains("line 1"));
    write(dir.path(), &[("Cargo.toml", "[package]\nname = \"p\"\n")]);
    assert!(fails(dir.path()).to_string().contains("nothing to move"));
    let main = "fn f() { tokio::spawn(x); }\n";
    write(dir.path(), &[("Cargo.toml", PROGRAM), ("src/main.rs", main), ("src/bad.rs", "// tokio\nfn {}\n")]);
    assert!(fails(dir.path()).to_string().contains("bad.rs:2: this is not Rust"), "{}", fails(dir.path()));
    assert_eq!(read(dir.path(), "src/main.rs"), main);
}

#[test]
fn a_runtime_from_before_its_first_version_is_not_moved() {
    let dir = tempfile::tempdir().expect("a folder");
    let main = "fn main() { tokio::run(tokio::spawn(x)); }\n";
    let old = PROGRAM.replace("version = \"1\", features = [\"full\"]", "version = \"0.1.22\"");
    write(dir.path(), &[("Cargo.toml", &old), ("src/main.rs", main)]);
    let error = run(dir.path(), &options()).expect_err("it is too old").to_string();
    assert!(error.contains("depends on tokio 0.1.22") && error.contains("tokio 1 first"), "{error}");
    // Beside the first version the old one stays.
    let both = format!("{PROGRAM}tokio01 = {{ package = \"tokio\", version = \"0.1\" }}\n");
    write(
        dir.path(),
        &[("Cargo.toml", &both), ("src/main.rs", "fn main() { tokio::spawn(tokio01::x()); }\n")],
    );
    run(dir.path(), &options()).expect("a program");
    let moved = read(dir.path(), "Cargo.toml");
    assert!(moved.contains("anyloop = \"0.1\"") && moved.contains("\ntokio01 = "), "{moved}");
    assert!(!run(dir.path(), &options()).expect("a program").has_work());
}

#[test]
fn features_that_an_optional_dependency_was_are_kept() {
    let manifest = |features: &str| {
        format!(
            "[package]\nname = \"l\"\n\n[dependencies]\ntokio = {{ version = \"1\", features = [\"time\"], optional = true }}\n\n[features]\n{features}"
        )
    };
    let moves = |lib: &str, before: &str| {
        let dir = tempfile::tempdir().expect("a folder");
        let test = ("tests/t.rs", "#[tokio::test]\nasync fn t() {}\n");
        write(dir.path(), &[("Cargo.toml", &manifest(before)), ("src/lib.rs", lib)]);
        if before.contains("[dev-dependencies]") {
            write(dir.path(), &[test]);
        }
        run(dir.path(), &options()).expect("a library");
        let after = read(dir.path(), "Cargo.toml");
        after.split_once("[features]\n").expect("it has features").1.to_owned()
    };
    let all = "#[cfg(feature = \"tokio\")]\npub use tokio::time;\n";
    let some = "pub use tokio::{time, sync};\n";
    // The feature that cargo makes of an optional dependency.
    assert_eq!(
        moves(all, "default = [\"tokio\"]\nnet = [\"tokio/net\"]\nweak = [\"tokio?/net\"]\n"),
        "default = [\"tokio\"]\nnet = [\"tokio\"]\nweak = []\ntokio = [\"dep:anyloop\"]\n"
    );
    assert_eq!(
        moves(some, "default = [\"tokio\"]\n"),
        "default = [\"tokio\"]\ntokio = [\"dep:tokio\", \"dep:anyloop\"]\n"
    );
    // One of the package that has its name.
    assert_eq!(
        moves(all, "full = [\"tokio/fs\"]\ntokio = [\"dep:tokio\", \"tokio/net\"]\nx = [\"tokio\"]\n"),
        "full = [\"tokio\"]\ntokio = [\"dep:anyloop\"]\nx = [\"tokio\"]\n"
    );
    // A development dependency has no part in it.
    let tests = "tokio = [\"dep:tokio\"]\n\n[dev-dependencies]\ntokio = \"1\"\n";
    assert_eq!(
        moves(some, tests),
        "tokio = [\"dep:tokio\", \"dep:anyloop\"]\n\n[dev-dependencies]\nanyloop = \"0.1\"\n"
    );
    assert_eq!(
        moves(some, "rt = [\"dep:tokio\"]\nio = [\"tokio/sync\", \"tokio/net\"]\n"),
        "rt = [\"dep:tokio\", \"dep:anyloop\"]\nio = [\"tokio/sync\", \"dep:anyloop\"]\n"
    );
}

#[test]
fn a_second_runtime_is_moved_when_it_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let both = format!("{PROGRAM}smol = \"2\"\n");
    let main = "fn main() { smol::block_on(tokio::spawn(x)) }\n";
    write(dir.path(), &[("Cargo.toml", &both), ("src/main.rs", main)]);
    for work in [true, false] {
        let report = run(dir.path(), &options()).expect("a program");
        assert_eq!(report.has_work(), work);
        assert!(report.to_string().contains("`--from smol` moves from it"), "{report}");
        assert_eq!(read(dir.path(), "src/main.rs"), main.replace("tokio", "anyloop"));
    }
    run(dir.path(), &Options { from: Some(From::Smol), ..options() }).expect("a program");
    assert!(!read(dir.path(), "src/main.rs").contains("smol"));
    assert!(!run(dir.path(), &options()).expect("a program").has_work());
}

#[test]
fn a_runtime_whose_type_is_named_is_shared_in_all_of_the_package() {
    let held = ["rt: &Runtime", "rt: Arc<tokio::runtime::Runtime>", "rt: Mutex<Runtime>"];
    for (at, held) in held.into_iter().enumerate() {
        let dir = tempfile::tempdir().expect("a folder");
        let uses = format!("use tokio::runtime::Runtime;\nfn f({held}) {{ rt.block_on(g()) }}\n");
        let makes = "fn main() {\n    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build();\n    let other = tokio::runtime::Runtime::new();\n    other.block_on(g());\n}\n";
        write(dir.path(), &[("Cargo.toml", PROGRAM), ("src/uses.rs", &uses), ("src/main.rs", makes)]);
        run(dir.path(), &options()).expect("a program");
        assert_eq!(
            read(dir.path(), "src/main.rs"),
            "fn main() {\n    let rt = anyloop::runtime::Builder::new_current_thread().enable_all().build_shared();\n    let other = anyloop::runtime::Builder::new_multi_thread().build_shared();\n    other.block_on(g());\n}\n"
        );
        let uses = read(dir.path(), "src/uses.rs");
        assert!(uses.contains("anyloop::runtime::SharedRuntime") && !uses.contains("tokio"), "{at}: {uses}");
        assert!(!run(dir.path(), &options()).expect("a program").has_work());
    }
    // Local tasks need the thread that runs the loop.
    let dir = tempfile::tempdir().expect("a folder");
    let local = "fn f(mut rt: tokio::runtime::Runtime) { rt.block_on(tokio::task::LocalSet::new()) }\n";
    write(dir.path(), &[("Cargo.toml", PROGRAM), ("src/main.rs", local)]);
    run(dir.path(), &options()).expect("a program");
    assert_eq!(read(dir.path(), "src/main.rs"), local.replace("tokio", "anyloop"));
}

/// The block of a page that begins with this fence.
fn block<'a>(page: &'a str, fence: &str) -> &'a str {
    let (_, after) = page.split_once(fence).expect("the page has such a block");
    after.split_once("```").expect("the block ends").0
}

#[test]
fn the_page_shows_what_is_printed() {
    let page = include_str!("../README.md");
    let dir = tempfile::tempdir().expect("a folder");
    let program = block(page, "```rust\n");
    write(dir.path(), &[("Cargo.toml", PROGRAM), ("src/main.rs", program)]);
    let report = run(dir.path(), &Options { verbose: true, ..options() }).expect("a program").to_string();
    let printed = report.replace(&dir.path().display().to_string(), ".");
    assert_eq!(printed, block(page, "```text\n"), "{printed}");
}
