//! How far a run is.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;

/// A bar of so many steps.
pub(crate) fn bar(steps: usize) -> Outcome<ProgressBar> {
    let style =
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed} of about {duration}  {msg}")?;
    let progress = ProgressBar::new(steps as u64).with_style(style);
    progress.enable_steady_tick(Duration::from_millis(250));
    Ok(progress)
}
