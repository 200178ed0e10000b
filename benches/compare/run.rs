//! A whole run: every cell of the plan, and what it found as figures.

use std::error::Error;
use std::time::Duration;

use crate::contestants;
use crate::exact;
use crate::harness::found::Found;
use crate::harness::process::Tally;
use crate::harness::slices::{self, Pace};
use crate::job::Job;
use crate::names;
use crate::options::{self, Options};
use crate::plan::{self, Cell, How};
use crate::results::{Metric, Note, Results, Row, Summary};
use crate::servers;
use anyloop_bench::{Progress, machine};

/// Measures what the options ask for.
pub(crate) fn run(options: &Options) -> Result<Results, Box<dyn Error>> {
    let workloads = options::workloads(&options.only)?;
    let backends = options::contestants(&options.backends)?;
    let pace = match options.quick {
        true => Pace { slice: Duration::from_millis(20), rounds: 8 },
        false => Pace { slice: Duration::from_millis(30), rounds: 20 },
    };
    let cells: Vec<_> = plan::cells(options.quick)
        .into_iter()
        .filter(|cell| workloads.contains(&cell.job.workload.as_str()))
        .map(|cell| {
            let here = cell.contestants.iter().copied().filter(|name| backends.contains(name)).collect();
            (cell, here)
        })
        .collect::<Vec<(Cell, Vec<&'static str>)>>();
    let slices: usize = cells.iter().map(|(cell, who)| steps(cell, who.len(), pace)).sum();
    let models = workloads.contains(&names::SERVERS);
    let server_steps = if models { servers::steps(options.quick, &backends) } else { 0 };
    let counts = exact::counts(options.quick, &workloads, &backends);
    let progress = Progress::new(slices + server_steps + counts.len() * COUNT_WEIGHT);
    let mut results = Results::here();
    let before = machine::load();
    if let Some(load) = before.filter(|load| *load > 0.5) {
        eprintln!(
            "note: other programs keep {load} threads busy on this machine, which the figures will show"
        );
    }
    for name in &backends {
        results.notes.extend(contestants::note(name).map(|note| Note::new(*name, note)));
    }
    for (cell, who) in &cells {
        let before = progress.done();
        let found = slices::measure(cell, who, pace, |name| {
            let Job { workload, params } = &cell.job;
            progress.advance(1, format!("{workload} {params}: {}", names::label(name)));
        });
        // Those who were left out took fewer steps.
        progress.set(before + steps(cell, who.len(), pace));
        record(&mut results, cell, &found);
    }
    if models {
        servers::run(&mut results, options.quick, &backends, |what| {
            // A step of a slice is some 30 ms, and these take more.
            progress.advance(servers::WEIGHT, format!("{}: {what}", names::SERVERS));
        });
    }
    exact::run(&mut results, &counts, |count| {
        progress.advance(COUNT_WEIGHT, count.to_string());
    });
    progress.finish();
    if let (Some(before), Some(end)) = (before, machine::load()) {
        results.machine.load = format!("{before} before, {end} at the end");
    }
    Ok(results)
}

/// How long a count takes, in steps of a slice: two runs of some seconds, two counts at a time.
const COUNT_WEIGHT: usize = 40;

/// How often the bar moves for a cell: at each start, each tuning, and each slice.
fn steps(cell: &Cell, contestants: usize, pace: Pace) -> usize {
    contestants * (cell.rounds(pace.rounds) + 2)
}

/// Turns the slices of a cell into rows.
fn record(results: &mut Results, cell: &Cell, found: &Found) {
    for (name, why) in &found.left_out {
        let about = format!("{name}/{}", cell.job.workload);
        let note = Note::new(about, why.clone());
        if !results.left_out.contains(&note) {
            results.left_out.push(note);
        }
    }
    for (name, slices) in &found.slices {
        let mut put = |metric: Metric, samples: Vec<f64>| {
            if let Some(summary) = Summary::of(&samples, metric.better()) {
                results.rows.push(Row {
                    workload: cell.job.workload.clone(),
                    params: cell.job.params.clone(),
                    contestant: (*name).to_owned(),
                    metric,
                    summary,
                });
            }
        };
        if !matches!(cell.how, How::Counted | How::Idle) {
            put(Metric::CpuNsPerOp, slices.iter().map(Tally::cpu_per_operation).collect());
        }
        match cell.how {
            How::Served | How::ServedByThreads => {
                put(Metric::OpsPerS, slices.iter().map(|s| 1e9 / s.wall_per_operation()).collect());
            }
            How::Alone | How::Threads => {
                put(Metric::WallNsPerOp, slices.iter().map(Tally::wall_per_operation).collect());
            }
            How::Counted | How::Idle => {}
        }
        let values = slices.iter().flat_map(|slice| &slice.values);
        let mut metrics: Vec<Metric> = values.clone().map(|(metric, _)| *metric).collect();
        metrics.sort_unstable();
        metrics.dedup();
        for metric in metrics {
            put(metric, values.clone().filter(|(m, _)| *m == metric).map(|(_, value)| *value).collect());
        }
    }
}
