//! Small sources, before and after.

use std::path::Path;

use cargo_anyloop::port::place::From;
use cargo_anyloop::port::source::port;
use cargo_anyloop::port::work::{Ported, Settings};

fn settings(from: From) -> Settings {
    Settings {
        from,
        all: false,
        crates: vec![from.package().replace('-', "_")],
        with_tokio: false,
        shared: false,
    }
}

fn ported(before: &str, settings: &Settings) -> Ported {
    let ported = port(before, settings).unwrap_or_else(|(line, why)| panic!("line {line}: {why}\n{before}"));
    // Twice is once.
    let again = port(&ported.text, settings).expect("what came out is Rust");
    assert_eq!(again.text, ported.text);
    ported
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    assert_eq!(ported(before, &settings(From::Tokio)).text, after);
}

#[test]
fn trees_are_split_and_comments_kept() {
    becomes("use tokio::net::{TcpListener, TcpStream};\n", "use anyloop::net::{TcpListener, TcpStream};\n");
    becomes("use tokio::{sync::mpsc, time::sleep};\n", "use anyloop::time::sleep;\nuse tokio::sync::mpsc;\n");
    becomes(
        "    pub(crate) use tokio::{\n        // The network.\n        net::TcpStream,\n        sync::{mpsc, oneshot}, // channels\n        time::{self, Duration},\n    };\n",
        "    pub(crate) use anyloop::{net::TcpStream, time::{self, Duration}};\n    pub(crate) use tokio::{\n        // The network.\n        sync::{mpsc, oneshot}, // channels\n    };\n",
    );
    becomes("use {std::io, tokio::{net, sync}};\n", "use {std::io, anyloop::net, tokio::sync};\n");
    becomes("use tokio::io::{self, stdin};\n", "use anyloop::io::stdin;\nuse tokio::io::{self};\n");
    becomes("use tokio::sync::{mpsc, watch};\n", "use tokio::sync::{mpsc, watch};\n");
}

#[test]
fn renames_globs_and_modules_are_followed() {
    becomes(
        "use tokio as rt;\nfn f() { rt::spawn(async {}); }\n",
        "use anyloop as rt;\nfn f() { rt::spawn(async {}); }\n",
    );
    becomes(
        "use tokio as rt;\nfn f() { rt::spawn(g()); rt::sync::Notify::new(); }\n",
        "use tokio as rt;\nfn f() { anyloop::spawn(g()); rt::sync::Notify::new(); }\n",
    );
    becomes(
        "mod a { use tokio as rt; fn f() { rt::spawn(g()); } }\nmod b { use tokio as rt; fn f() { rt::sync::Notify::new(); } }\n",
        "mod a { use anyloop as rt; fn f() { rt::spawn(g()); } }\nmod b { use tokio as rt; fn f() { rt::sync::Notify::new(); } }\n",
    );
    becomes("use tokio::time::*;\n", "use anyloop::time::*;\n");
    becomes("use tokio::io::*;\nfn f() { stdin(); }\n", "use anyloop::io::*;\nfn f() { stdin(); }\n");
    becomes("use tokio::io::*;\n", "use tokio::io::*;\n");
    becomes(
        "use tokio::io;\nfn f() { io::copy(io::stdin(), w); }\n",
        "use anyloop::io;\nfn f() { io::copy(io::stdin(), w); }\n",
    );
    let alias = Settings { crates: vec!["rt".to_owned()], ..settings(From::Tokio) };
    assert_eq!(
        ported("async fn f() { ::rt::time::sleep(d).await }", &alias).text,
        "async fn f() { ::anyloop::time::sleep(d).await }"
    );
}

#[test]
fn macros_cfg_and_documentation_are_seen() {
    becomes(
        "fn f() {\n    tokio::select! {\n        _ = tokio::time::sleep(d) => {} // late\n    }\n}\n",
        "fn f() {\n    tokio::select! {\n        _ = anyloop::time::sleep(d) => {} // late\n    }\n}\n",
    );
    becomes(
        "#[cfg(windows)]\nmod w {\n    use tokio::signal::windows;\n}\nmacro_rules! go { ($e:expr) => { tokio::spawn($e) }; }\n",
        "#[cfg(windows)]\nmod w {\n    use anyloop::signal::windows;\n}\nmacro_rules! go { ($e:expr) => { anyloop::spawn($e) }; }\n",
    );
    becomes(
        "/// Sleeps, as `tokio::time` does.\n///\n/// ```no_run\n/// use tokio::{sync, time};\n/// # #[tokio::main]\n/// # async fn main() {}\n/// ```\n/// ```text\n/// tokio::spawn\n/// ```\nfn f() {}\n",
        "/// Sleeps, as `tokio::time` does.\n///\n/// ```no_run\n/// use anyloop::time;\n/// use tokio::sync;\n/// # #[anyloop::main(flavor = \"multi_thread\")]\n/// # async fn main() {}\n/// ```\n/// ```text\n/// tokio::spawn\n/// ```\nfn f() {}\n",
    );
    becomes(
        "#!/usr/bin/env run\nfn f() { tokio::spawn(\"tokio::spawn\"); }\n",
        "#!/usr/bin/env run\nfn f() { anyloop::spawn(\"tokio::spawn\"); }\n",
    );
}

#[test]
fn attributes_keep_their_threads() {
    becomes(
        "#[tokio::main]\nasync fn main() {}\n",
        "#[anyloop::main(flavor = \"multi_thread\")]\nasync fn main() {}\n",
    );
    becomes(
        "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() {}\n",
        "#[anyloop::main]\nasync fn main() {}\n",
    );
    becomes(
        "#[tokio::main(worker_threads = 2)]\nasync fn main() {}\n",
        "#[anyloop::main(worker_threads = 2)]\nasync fn main() {}\n",
    );
    becomes(
        "#[tokio::test(start_paused = true)]\nasync fn t() {}\n",
        "#[anyloop::test(start_paused = true)]\nasync fn t() {}\n",
    );
    becomes("#[cfg_attr(x, tokio::test)]\nfn t() {}\n", "#[cfg_attr(x, anyloop::test)]\nfn t() {}\n");
    let context = Settings { with_tokio: true, ..settings(From::Tokio) };
    let test = ported("#[tokio::test]\nasync fn t() {}\n", &context);
    assert_eq!(test.text, "#[anyloop::test(with_tokio)]\nasync fn t() {}\n");
    assert!(test.attributes.contains("compat"));
    // No loop has both.
    let before = "#[tokio::test(start_paused = true)]\nasync fn t() {}\n";
    let test = ported(before, &context);
    assert_eq!(test.text, before.replace("tokio", "anyloop"));
    assert!(test.needs[0].write.contains("backends = [\"tokio\"]"), "{:?}", test.needs);
}

#[test]
fn runtimes_are_mutable_or_shared() {
    becomes(
        "use tokio::runtime::Runtime;\nfn f() { let rt = Runtime::new().unwrap(); rt.block_on(g()); }\n",
        "fn f() { let mut rt = anyloop::runtime::Builder::new_multi_thread().build().unwrap(); rt.block_on(g()); }\n",
    );
    becomes(
        "static RT: Lazy<tokio::runtime::Runtime> = Lazy::new(|| tokio::runtime::Runtime::new().unwrap());\n",
        "static RT: Lazy<anyloop::runtime::SharedRuntime> = Lazy::new(|| anyloop::runtime::Builder::new_multi_thread().build_shared().unwrap());\n",
    );
    becomes(
        "use tokio::runtime::Runtime;\nimpl C { fn f(self) { self.rt.block_on(g()) } }\nstruct C { rt: Runtime }\n",
        "use anyloop::runtime::Runtime;\nimpl C { fn f(mut self) { self.rt.block_on(g()) } }\nstruct C { rt: Runtime }\n",
    );
}

#[test]
fn a_builder_with_a_name_is_given_the_context_by_a_statement() {
    let context = Settings { with_tokio: true, ..settings(From::Tokio) };
    let before = "fn f() {\n    let mut builder = tokio::runtime::Builder::new_current_thread();\n    let rt = builder.enable_all().build().unwrap();\n    rt.block_on(h());\n    g(tokio::runtime::Builder::new_multi_thread().build());\n}\n";
    let after = "fn f() {\n    let mut builder = anyloop::runtime::Builder::new_current_thread();\n    builder.with_tokio();\n    let mut rt = builder.enable_all().build().unwrap();\n    rt.block_on(h());\n    g(anyloop::runtime::Builder::new_multi_thread().with_tokio().build());\n}\n";
    assert_eq!(ported(before, &context).text, after);
}

#[test]
fn what_is_not_there_needs_a_person() {
    let before = "fn f() {}\nfn g() { tokio::task::Builder::new(); }\n";
    let out = ported(before, &settings(From::Tokio));
    assert_eq!(out.text, before);
    assert_eq!(out.needs.len(), 1);
    assert_eq!((out.needs[0].line, &*out.needs[0].what), (2, "tokio::task::Builder::new"));
    let listener = "use tokio::net::TcpListener;\nfn f() { axum::serve(l, app); tokio::spawn(x); }\n";
    let out = ported(listener, &settings(From::Tokio));
    assert_eq!(out.text, listener.replace("tokio::spawn", "anyloop::spawn"));
    assert!(out.needs.is_empty() && out.stays.iter().any(|stay| stay.why.is_some()));
    assert_eq!(port("fn {} // tokio", &settings(From::Tokio)).expect_err("no Rust").0, 1);
}

#[test]
fn a_clock_that_is_stopped_is_told_of() {
    let before = "use tokio::time;\n#[tokio::test]\nasync fn t() {\n    f().await;\n    time::pause();\n    time::advance(d).await;\n}\n";
    let out = ported(before, &settings(From::Tokio));
    assert_eq!(out.text, before.replace("tokio", "anyloop"));
    assert!(out.attributes.contains("test-util"));
    let [need] = &out.needs[..] else { panic!("{:?}", out.needs) };
    assert_eq!((need.line, &*need.what), (5, "time::pause"));
    assert!(need.why.contains("smol") && need.write.contains("start_paused = true"), "{need:?}");
}

#[test]
fn a_clock_that_is_stopped_first_is_stopped_by_the_attribute() {
    let moved = |before: &str, after: &str| {
        let out = ported(before, &settings(From::Tokio));
        assert_eq!(out.text, after);
        assert!(out.needs.is_empty() && out.attributes.contains("test-util"), "{:?}", out.needs);
    };
    moved(
        "use tokio::{sync, time};\n#[tokio::test(flavor = \"current_thread\")]\nasync fn t() {\n    let _log = log();\n\n    time::pause(); // at once\n    f().await;\n}\n",
        "use tokio::sync;\n#[anyloop::test(start_paused = true)]\nasync fn t() {\n    let _log = log();\n\n    // at once\n    f().await;\n}\n",
    );
    moved(
        "mod tests {\n    #[test]\n    fn a() {}\n    #[tokio::test(start_paused = true)]\n    async fn t() {\n        tokio::time::pause();\n        tokio::time::sleep(d).await;\n    }\n}\n",
        "mod tests {\n    #[test]\n    fn a() {}\n    #[anyloop::test(start_paused = true)]\n    async fn t() {\n        anyloop::time::sleep(d).await;\n    }\n}\n",
    );
}

#[test]
fn tasks_of_smol_and_async_std_give_their_output() {
    let smol = "use smol::Timer;\nfn main() {\n    smol::block_on(async {\n        let t = smol::spawn(f());\n        smol::spawn(g()).detach();\n        Timer::after(d).await;\n        t.await;\n    })\n}\n";
    let after = "fn main() {\n    anyloop::runtime::Runtime::new().expect(\"a loop\").block_on(async {\n        let t = anyloop::spawn(f());\n        anyloop::spawn(g());\n        anyloop::time::sleep(d).await;\n        t.await.unwrap();\n    })\n}\n";
    assert_eq!(ported(smol, &settings(From::Smol)).text, after);
    let kept = ported("fn f() { v.push(smol::spawn(g())); }\n", &settings(From::Smol));
    assert_eq!(kept.needs.len(), 1);
    let std = "use async_std::{io, net::TcpListener, prelude::*, task};\nasync fn f() { let l = TcpListener::bind(a); let mut i = l.incoming(); task::sleep(d).await; }\n";
    let after = "use anyloop::net::TcpListener;\nuse async_std::{io, prelude::*};\nasync fn f() { let l = TcpListener::bind(a); let mut i = l.incoming(); anyloop::time::sleep(d).await; }\n";
    assert_eq!(ported(std, &settings(From::AsyncStd)).text, after.replace("l.incoming", "l.into_incoming"));
}

/// The programs of `ecosystem/porting`, which run there on every loop. `BLESS=1` writes them.
#[test]
fn the_pairs_are_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ecosystem/porting");
    if !folder.exists() {
        return; // The package alone.
    }
    let pairs = [
        ("tokio-server", From::Tokio, true, "after.rs"),
        ("tokio-crates", From::Tokio, false, "ported.rs"),
        ("smol-pipeline", From::Smol, false, "ported.rs"),
        ("async-std-server", From::AsyncStd, false, "ported.rs"),
    ];
    for (name, from, all, file) in pairs {
        let before = std::fs::read_to_string(folder.join(name).join("before.rs")).expect("a program");
        let out = ported(&before, &Settings { all, ..settings(from) });
        let path = folder.join(name).join(file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &out.text).expect("it can be written");
        }
        assert_eq!(out.text, std::fs::read_to_string(&path).expect("a program"), "{name}");
    }
}
