//! Which backend is chosen, and what is said about it. Each case with an environment of its own
//! runs in a process of its own.

use std::env;
use std::process::Command;

use anyloop::runtime::{Backend, Builder, ChoiceError, Reason, Runtime, choose};

const CASE: &str = "ANYLOOP_TEST_CASE";

/// Runs the test `case` below again in a process where `ANYLOOP_BACKEND` is `value`, and gives what
/// it printed.
fn with_variable(case: &str, value: Option<&str>) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "inner", "--nocapture"]).env(CASE, case).env_remove("ANYLOOP_BACKEND");
    if let Some(value) = value {
        command.env("ANYLOOP_BACKEND", value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Not a test by itself: what the others run in another process.
#[test]
fn inner() {
    match env::var(CASE).as_deref() {
        Ok("choose") => match choose() {
            Ok(choice) => println!("chosen: {choice}"),
            Err(error) => println!("refused: {error}"),
        },
        Ok("explicit") => {
            let backend = Backend::compiled()[0];
            println!("chosen: {}", Builder::new().backend(backend).build().unwrap().choice());
        }
        Ok("runtime") => println!("chosen: {}", Runtime::new().unwrap().choice()),
        _ => {}
    }
}

#[test]
fn bak01_the_default_says_why() {
    let said = with_variable("choose", None);
    match Backend::compiled() {
        [] => assert!(said.contains("refused: anyloop was compiled without a backend"), "{said}"),
        [only] => assert!(
            said.contains(&format!("chosen: {only}, because it is the only one compiled in")),
            "{said}"
        ),
        [first, ..] => {
            assert!(
                said.contains(&format!("chosen: {first}, because it comes first of those compiled in")),
                "{said}"
            );
            assert_ne!(*first, Backend::Native);
        }
    }
}

#[test]
fn bak02_the_environment_picks() {
    for backend in Backend::KNOWN {
        let said = with_variable("choose", Some(backend.name()));
        if backend.is_compiled() {
            assert!(said.contains(&format!("chosen: {backend}, because ANYLOOP_BACKEND says so")), "{said}");
        } else {
            assert!(said.contains(&format!("turn on anyloop's feature `{backend}`")), "{said}");
        }
    }
    let said = with_variable("choose", Some("libuv"));
    assert!(said.contains("ANYLOOP_BACKEND: there is no backend `libuv`"), "{said}");
    assert!(said.contains("native, tokio, smol"), "{said}");
    assert!(!with_variable("choose", Some("")).contains("ANYLOOP_BACKEND"));
}

#[test]
fn bak04_the_program_comes_before_the_environment() {
    if let Some(last) = Backend::compiled().last() {
        let said = with_variable("explicit", Some(last.name()));
        assert!(
            said.contains(&format!("chosen: {}, because the program asked for it", Backend::compiled()[0])),
            "{said}"
        );
        let said = with_variable("runtime", Some(last.name()));
        assert!(said.contains(&format!("chosen: {last}, because ANYLOOP_BACKEND says so")), "{said}");
    }
}

#[test]
fn what_is_not_compiled_in_names_its_feature() {
    for &backend in Backend::KNOWN {
        match Builder::new().backend(backend).build() {
            Ok(runtime) => assert_eq!(*runtime.choice().reason(), Reason::Asked),
            Err(error) => {
                assert!(!backend.is_compiled(), "{error}");
                assert!(error.to_string().contains(&format!("feature `{backend}`")), "{error}");
            }
        }
    }
    assert!(matches!("qt".parse::<Backend>(), Err(ChoiceError::Unknown { .. })));
    assert_eq!("Tokio".parse::<Backend>(), Ok(Backend::Tokio));
}

/// Names, counts and sizes that no loop can have are told when they are given, not when it is built.
#[test]
fn what_no_loop_can_be_built_with_panics_where_it_is_given() {
    type Give = fn(&mut Builder) -> &mut Builder;
    let given: [(&str, Give); 8] = [
        ("name", |builder| builder.name("")),
        ("name", |builder| builder.name(" ")),
        ("worker thread", |builder| builder.worker_threads(0)),
        ("one task", |builder| builder.event_interval(0)),
        ("one task", |builder| builder.global_queue_interval(0)),
        ("max_io_events_per_tick", |builder| builder.max_io_events_per_tick(0)),
        ("max_io_events_per_busy_tick", |builder| builder.max_io_events_per_busy_tick(0)),
        ("one thread", |builder| builder.max_blocking_threads(0)),
    ];
    for (about, give) in given {
        let panic = std::panic::catch_unwind(|| drop(give(&mut Builder::new()).build())).unwrap_err();
        let told = panic
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string());
        assert!(told.contains(about), "{about}: {told}");
    }
}
