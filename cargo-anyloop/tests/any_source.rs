//! Sources that are put together at random: what comes out is Rust, keeps every comment, and does not
//! change when it is moved again.

use cargo_anyloop::port::place::From;
use cargo_anyloop::port::source::port;
use cargo_anyloop::port::work::Settings;
use proptest::prelude::*;

const PATHS: [&str; 16] = [
    "net",
    "net::TcpStream",
    "time",
    "time::sleep",
    "time::error::Elapsed",
    "sync",
    "sync::mpsc",
    "io",
    "io::stdin",
    "io::AsyncReadExt",
    "task",
    "task::JoinSet",
    "task::Builder",
    "runtime::Runtime",
    "spawn",
    "select",
];

/// A tree of names, with comments between them: `@` is where one stands.
fn tree() -> impl Strategy<Value = String> {
    let leaf = (prop::sample::select(&PATHS[..]), 0..6_u8).prop_map(|(path, kind)| match kind {
        0 => format!("{path} as renamed"),
        1 => format!("{}::*", path.split("::").next().unwrap_or(path)),
        _ => path.to_owned(),
    });
    let group = prop::collection::vec((leaf, 0..4_u8), 1..6).prop_map(|leaves| {
        let items: String = leaves
            .iter()
            .map(|(leaf, kind)| match kind {
                0 => format!("\n    @{leaf},"),
                1 => format!(" {leaf} /*@*/,"),
                2 => format!("\n    {leaf}, @"),
                _ => format!(" {leaf},"),
            })
            .collect();
        format!("{{{items}}}")
    });
    (group, 0..3_u8).prop_map(|(group, kind)| match kind {
        0 => format!("pub use tokio::{group};\n"),
        1 => format!("use {{std::fmt, tokio::{group}, @\n}};\n"),
        _ => format!("#[cfg(unix)] use tokio::{group}; @\n"),
    })
}

fn item() -> impl Strategy<Value = String> {
    let path = prop::sample::select(&PATHS[..]);
    prop_oneof![
        tree(),
        path.clone().prop_map(|path| format!("fn f() {{ let x = tokio::{path}::new(a, /*@*/ b); @\n }}\n")),
        path.clone().prop_map(|path| format!("fn f() {{ q! {{ tokio::{path} => {{ @\n \"tokio::spawn\" }} }} }}\n")),
        path.prop_map(|path| format!("/// ```\n/// use tokio::{{sync::watch, {path}}};\n/// ```\nmod d {{ use tokio as rt; @\n fn f() {{ rt::{path}(1).await; }} }}\n")),
        Just("#[tokio::main] @\nasync fn main() { let rt = tokio::runtime::Runtime::new(); rt.block_on(1); }\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_source(items in prop::collection::vec(item(), 1..6), all: bool, with_tokio: bool, shared: bool) {
        // Each comment is another.
        let mut count = 0;
        let mut before = String::new();
        for (at, part) in items.concat().split('@').enumerate() {
            if at > 0 {
                let block = before.ends_with("/*");
                before += &if block { format!(" c{count}; ") } else { format!("// c{count};\n") };
                count += 1;
            }
            before += part;
        }
        let settings = Settings { from: From::Tokio, all, crates: vec!["tokio".to_owned()], with_tokio, shared };
        let out = match port(&before, &settings) {
            Ok(out) => out,
            Err((line, why)) => panic!("the test makes what is no Rust: line {line}: {why}\n{before}"),
        };
        prop_assert!(out.needs.iter().all(|need| need.what != "the whole file"), "{before}\n{:?}", out.needs);
        for n in 0..count {
            prop_assert_eq!(out.text.matches(&format!(" c{n};")).count(), 1, "comment {} of\n{}\nin\n{}", n, &before, &out.text);
        }
        let again = port(&out.text, &settings).expect("Rust");
        prop_assert_eq!(&again.text, &out.text);
    }
}
