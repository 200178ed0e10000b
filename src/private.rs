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

/// Runs a test's future in a world for each seed.
#[cfg(feature = "sim")]
#[track_caller]
pub fn run_sim_test<F: Future>(
    name: &str,
    seeds: u64,
    plan: Option<&str>,
    with_tokio: bool,
    future: impl Fn(crate::sim::World) -> F + Sync,
) where
    F::Output: process::Termination,
{
    let mut builder = crate::sim::Builder::new();
    match plan.map(str::parse) {
        Some(Ok(plan)) => builder = builder.plan(plan),
        Some(Err(error)) => panic!("{error}"),
        None => {}
    }
    if with_tokio {
        builder = match crate::any::event_loop::with_paused_tokio(builder) {
            Ok(builder) => builder,
            Err(error) => panic!("{error}"),
        };
    }
    crate::sim::test(name, seeds, &builder, |world| {
        let future = future(world);
        async move {
            let code = process::Termination::report(future.await);
            assert!(code == process::ExitCode::SUCCESS, "the test gave an error, which is written above");
        }
    });
}

/// Which of `branches` branches `select!` polls first. A simulated loop answers here by its seed; a
/// real one has no numbers to draw, and begins with the first.
#[inline(always)]
pub fn first_branch(branches: usize) -> usize {
    #[cfg(feature = "sim")]
    if let Some(world) = crate::sim::World::try_current() {
        return world.random(branches as u64) as usize;
    }
    let _ = branches;
    0
}

/// The same after `biased;`, on every loop.
#[inline(always)]
pub fn first_written(_branches: usize) -> usize {
    0
}

/// Pending, and the task woken, if its budget is used up: then those branches of `select!` that
/// heed it would wait, and those that do not would always win.
#[inline]
pub fn poll_budget(cx: &mut Context<'_>) -> Poll<()> {
    #[cfg(any(feature = "sync", feature = "io-util"))]
    if !tokio::task::coop::has_budget_remaining() {
        // What it gives takes its unit back when it is dropped.
        return tokio::task::coop::poll_proceed(cx).map(drop);
    }
    #[cfg(not(any(feature = "sync", feature = "io-util")))]
    let _ = cx;
    Poll::Ready(())
}

/// Which future a join polls first: another one each time.
#[derive(Debug, Default)]
pub struct Rotating(usize);

impl Rotating {
    /// Of `futures` futures.
    #[inline]
    pub fn first(&mut self, futures: usize) -> usize {
        let first = self.0;
        self.0 = if first + 1 == futures { 0 } else { first + 1 };
        first
    }
}

/// The same after `biased;`: the first.
#[derive(Debug, Default)]
pub struct Written;

impl Written {
    /// Of `futures` futures.
    #[inline(always)]
    pub fn first(&mut self, _futures: usize) -> usize {
        0
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
