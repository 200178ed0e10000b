//! Whether the tool can be believed: it must see a slowdown that was planted, and no difference
//! between a program and itself.

use std::error::Error;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::contestants::slowed;
use crate::harness::process::Tally;
use crate::harness::slices::{self, Pace};
use crate::names::{RAW_TOKIO, SPAWN_JOIN, UNIX_PAIRS};
use crate::plan::{Cell, How};
use anyloop_bench::{RESOLUTION, Ratio};

/// Each time with new processes: where the system puts one's memory makes it a little faster or
/// slower for all its life.
const LIVES: usize = 6;
const PACE: Pace = Pace { slice: Duration::from_millis(25), rounds: 16 };
/// The one, its twin, and the one with the slowdown.
const WHO: &[&str] = &[RAW_TOKIO, RAW_TOKIO, slowed::NAME];

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let cells = [
        Cell::new(How::Alone, WHO, UNIX_PAIRS, &[("pairs", 50)]),
        Cell::new(How::Alone, WHO, SPAWN_JOIN, &[("from_task", 1)]),
    ];
    let progress = ProgressBar::new((cells.len() * LIVES * WHO.len() * (PACE.rounds + 2)) as u64);
    let mut wrong = Vec::new();
    for cell in &cells {
        let mut series = [const { Vec::new() }; 3];
        for _ in 0..LIVES {
            let found = slices::measure(cell, WHO, PACE, |_| progress.inc(1));
            if let Some((name, why)) = found.left_out.first() {
                return Err(format!("{name}: {why}").into());
            }
            for (all, (_, slices)) in series.iter_mut().zip(&found.slices) {
                all.extend(slices.iter().map(Tally::cpu_per_operation));
            }
        }
        let [one, twin, slow] = &series;
        let what = &cell.job.workload;
        for (name, other, planted) in [("its twin", twin, false), ("itself and 5 % more", slow, true)] {
            let ratio = Ratio::of(other, one).ok_or("too few rounds")?;
            let seen = if ratio.differs() { "differs" } else { "no difference" };
            progress.suspend(|| {
                println!(
                    "{what:12} {name:20} CPU time {:.3} ({:.3} to {:.3}): {seen}",
                    ratio.median, ratio.low, ratio.high
                );
            });
            let right = if planted { ratio.differs() && ratio.median > 1.0 } else { !ratio.differs() };
            if !right {
                wrong.push(format!("{what}: {name} is {:.3}, and the tool says: {seen}", ratio.median));
            }
        }
    }
    progress.finish_and_clear();
    if wrong.is_empty() {
        println!(
            "the tool sees 5 % more, and nothing where there is nothing (above {} %)",
            RESOLUTION * 100.0
        );
        return Ok(());
    }
    Err(wrong.join("; ").into())
}
