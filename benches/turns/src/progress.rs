//! How far a run is, and how long it will take.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, where that is a terminal.
///
/// ```
/// let progress = anyloop_bench::Progress::new(10);
/// progress.advance(3, "native, 50 connections");
/// progress.set(7);
/// assert_eq!(progress.done(), 7);
/// progress.finish();
/// ```
pub struct Progress(ProgressBar);

impl Progress {
    /// Of this many steps.
    pub fn new(steps: usize) -> Progress {
        let template = "{bar:40} {percent:>3} %  {elapsed} of about {duration}  {msg}";
        let style = ProgressStyle::with_template(template).expect("a template that is well formed");
        let bar = ProgressBar::new(steps as u64).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress(bar)
    }

    /// Adds `steps` to what is done; the next is `what`.
    pub fn advance(&self, steps: usize, what: impl Into<String>) {
        self.0.set_message(what.into());
        self.0.inc(steps as u64);
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.0.position() as usize
    }

    /// Sets what is done to `steps`.
    pub fn set(&self, steps: usize) {
        self.0.set_position(steps as u64);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("done", &self.done()).finish_non_exhaustive()
    }
}
