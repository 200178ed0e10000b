//! What the macros call. Not for others: it may change at any time.

use std::future::Future;
use std::io;
use std::process;

use crate::runtime::Runtime;

/// Runs a program's main future; says what is wrong and ends the program if there is no loop to run it on.
pub fn run_main<F: Future>(runtime: io::Result<Runtime>, future: F) -> F::Output {
    match runtime {
        Ok(mut runtime) => runtime.block_on(future),
        Err(error) => {
            eprintln!("error: no event loop could be made: {error}");
            process::exit(1);
        }
    }
}

/// Runs a test's future.
#[track_caller]
pub fn run_test<F: Future>(runtime: io::Result<Runtime>, future: F) -> F::Output {
    match runtime {
        Ok(mut runtime) => runtime.block_on(future),
        Err(error) => panic!("no event loop could be made: {error}"),
    }
}
