use std::process::Command;

use anyloop_plugs::openraft::Loop;
use openraft_rt::testing::Suite;

/// openraft's own tests of a runtime, on the loop that a program gets which asks for none.
#[test]
fn it_passes_the_tests_of_openraft() {
    Suite::<Loop>::test_all();
}

/// The same in a process for each loop, as that choice is the environment's.
#[test]
fn it_passes_them_on_every_loop() {
    for backend in ["native", "tokio", "smol"] {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "openraft::it_passes_the_tests_of_openraft"]).env("ANYLOOP_BACKEND", backend);
        let output = test.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "{backend}: {printed}");
    }
}
