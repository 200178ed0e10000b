//! What the macros call. Not for others: it may change at any time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process;
use std::task::{Context, Poll};

#[cfg(feature = "macros")]
pub use anyloop_macros::without_modifiers;

use loop_api::shared::write_report;

use crate::runtime::Runtime;

/// Runs a program's main future; says what is wrong and ends the program if there is no loop to run
/// it on.
pub fn run_main<F: Future>(runtime: io::Result<Runtime>, future: F) -> F::Output {
    match runtime {
        Ok(mut runtime) => runtime.block_on(future),
        Err(error) => {
            write_report(format_args!("error: no event loop could be made: {error}"));
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

/// A future of `join!` or `try_join!`, and its output once it is done.
#[derive(Debug)]
pub struct Joined<'a, F: Future> {
    future: Pin<&'a mut F>,
    output: Option<F::Output>,
}

impl<'a, F: Future> Joined<'a, F> {
    /// Not polled yet.
    pub fn new(future: Pin<&'a mut F>) -> Self {
        Joined { future, output: None }
    }

    /// Whether it is done.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.output.is_none() {
            match self.future.as_mut().poll(cx) {
                Poll::Ready(output) => self.output = Some(output),
                Poll::Pending => return false,
            }
        }
        true
    }

    /// The output. The macros ask once, and only when it is there.
    pub fn take(&mut self) -> F::Output {
        match self.output.take() {
            Some(output) => output,
            None => unreachable!("a join asks for outputs when all are there"),
        }
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Joined<'_, F> {
    /// The error, if it is done and failed.
    pub fn take_error(&mut self) -> Option<E> {
        match self.output.take()? {
            Ok(value) => {
                self.output = Some(Ok(value));
                None
            }
            Err(error) => Some(error),
        }
    }

    /// The value. The macros ask only when no error was there.
    pub fn take_ok(&mut self) -> T {
        match self.take() {
            Ok(value) => value,
            Err(_) => unreachable!("an error ends the join before"),
        }
    }
}

/// The program on that page is a test.
#[cfg(all(doctest, feature = "native", feature = "macros"))]
#[doc = include_str!("../docs/from-tokio.md")]
struct FromTokio;
