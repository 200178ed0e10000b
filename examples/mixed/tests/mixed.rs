//! The program on every backend, as it is seen from outside.

use std::process::{Command, Output};

fn mixed(args: &[&str]) -> Output {
    // Cargo puts the program beside the folder of this test.
    let mut path = std::env::current_exe().expect("this test's own path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("mixed{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(path).args(args).env_remove("ANYLOOP_BACKEND").output().expect("it starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The rows of the table: who, how many, on which thread.
fn rows(text: &str) -> Vec<[String; 3]> {
    let cells =
        |line: &str| line.split('┆').map(|cell| cell.trim_matches(['│', ' ']).to_owned()).collect::<Vec<_>>();
    let rows = text.lines().map(cells).filter(|cells| cells.len() == 4 && cells[0] != "crate");
    rows.map(|cells| [cells[0].clone(), cells[2].clone(), cells[3].clone()]).collect()
}

#[test]
fn everything_runs_on_the_loops_thread_whatever_the_loop() {
    for backend in ["native", "tokio", "smol"] {
        let output = mixed(&["--backend", backend, "--operations", "20"]);
        let text = String::from_utf8(output.stdout).expect("text");
        let rows = rows(&text);
        for who in ["reqwest", "redis", "async-net"] {
            let row = rows.iter().find(|row| row[0] == who);
            match row {
                Some([_, operations, thread]) => {
                    assert_eq!((&**operations, &**thread), ("20", "main"), "{text}")
                }
                None => {
                    assert!(who == "redis" && text.contains("redis:   skipped"), "{backend}, {who}: {text}")
                }
            }
        }
        if cfg!(target_os = "linux") {
            // The loop's thread, and async-io's.
            assert!(text.contains("threads: 2, the loop's and async-io ("), "{backend}: {text}");
        }
    }
}

#[test]
fn without_any_server_it_serves_itself_and_says_what_is_skipped() {
    for backend in ["native", "tokio", "smol"] {
        let text = String::from_utf8(mixed(&["--backend", backend, "--alone"]).stdout).expect("text");
        let names: Vec<_> = rows(&text).into_iter().map(|[who, ..]| who).collect();
        assert_eq!(names, ["reqwest", "async-net"], "{text}");
        assert!(text.contains("redis:   skipped"), "{text}");
    }
}
