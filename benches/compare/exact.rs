//! The part of a run that counts: who is counted at which work, two at a time.

use std::fmt;
use std::io;
use std::process::Command;
use std::sync::Mutex;

use crate::harness::exact::{Tool, count};
use crate::job::Job;
use crate::names::{
    self, CHANNEL, HYPER_HELLO, NATIVE, NATIVE_ALONE, RAW_EPOLL, RAW_SMOL, RAW_TOKIO, SLEEP_DROP, SMOL,
    SPAWN_JOIN, TCP_ECHO, TOKIO, YIELD,
};
use crate::results::{Metric, Note, Params, Results, Row, Summary};

/// One contestant at one workload, counted by one tool.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    tool: Tool,
    contestant: &'static str,
    job: Job,
}

/// Those whose counts are the same every time. What waits with io_uring cannot run under valgrind,
/// and its system calls are no measure.
const COUNTED: &[&str] = &[NATIVE, NATIVE_ALONE, TOKIO, SMOL, RAW_TOKIO, RAW_SMOL, RAW_EPOLL];

/// async-io's thread and smol's loop share what these do otherwise in each run, so that there is
/// nothing exact to be counted.
const BY_SOCKETS: &[&str] = &[TCP_ECHO, HYPER_HELLO];

/// What is counted of these workloads and contestants.
pub(crate) fn counts(quick: bool, workloads: &[&str], contestants: &[&'static str]) -> Vec<Count> {
    let mut counts = Vec::new();
    let mut add = |tools: &[Tool], workload: &str, params: &[(&str, u64)]| {
        // A quick look has the server's figures alone.
        let who = COUNTED.iter().filter(|name| contestants.contains(*name));
        let who = who.filter(|name| !quick || [NATIVE, RAW_TOKIO, RAW_EPOLL].contains(*name));
        if !workloads.contains(&workload) || quick && workload != TCP_ECHO {
            return;
        }
        let params = Params(params.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect());
        let can = |name: &&str| match *name {
            RAW_EPOLL => workload == TCP_ECHO,
            // hyper's traits are on the facade's streams.
            NATIVE_ALONE => workload != HYPER_HELLO,
            SMOL | RAW_SMOL => !BY_SOCKETS.contains(&workload),
            _ => true,
        };
        for contestant in who.copied().filter(can) {
            for &tool in tools {
                let job = Job { workload: workload.to_owned(), params: params.clone() };
                counts.push(Count { tool, contestant, job });
            }
        }
    };
    for connections in [1, 50] {
        let params = [("connections", connections), ("bytes", 64)];
        add(&[Tool::Callgrind, Tool::Strace], TCP_ECHO, &params);
    }
    add(&[Tool::Callgrind, Tool::Strace], HYPER_HELLO, &[("connections", 50)]);
    let tools = &[Tool::Callgrind, Tool::Allocator];
    for from_task in [1, 0] {
        add(tools, SPAWN_JOIN, &[("from_task", from_task)]);
    }
    for tasks in [1, 100] {
        add(&[Tool::Callgrind], YIELD, &[("tasks", tasks)]);
    }
    add(tools, CHANNEL, &[]);
    add(tools, SLEEP_DROP, &[]);
    counts
}

/// Counts all of it; `tell` hears of each that begins.
pub(crate) fn run(results: &mut Results, counts: &[Count], tell: impl Fn(&Count) + Sync) {
    for (contestant, workload) in
        [SMOL, RAW_SMOL].iter().flat_map(|name| BY_SOCKETS.iter().map(move |work| (name, work)))
    {
        if counts.iter().any(|count| count.job.workload == *workload) {
            let why = "not counted: its loop and async-io's thread share the work otherwise in each run";
            results.left_out.push(Note::new(format!("{contestant}/{workload}"), why));
        }
    }
    let mut absent = Vec::new();
    for tool in [Tool::Callgrind, Tool::Strace] {
        let Some(program) = tool.program() else { continue };
        let wanted = counts.iter().any(|count| count.tool == tool);
        if wanted && Command::new(program).arg("--version").output().is_err() {
            results.notes.push(Note::new(program, "is not installed: what it counts is missing"));
            absent.push(tool);
        }
    }
    let todo = counts.iter().filter(|count| !absent.contains(&count.tool));
    let todo = Mutex::new(todo);
    let results = Mutex::new(results);
    // Counts do not mind company: two at a time, where time would not be shared out evenly.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(it) = todo.lock().ok().and_then(|mut todo| todo.next()) else { return };
                    tell(it);
                    let found = count(it.tool, it.contestant, &it.job);
                    if let Ok(mut results) = results.lock() {
                        record(&mut results, it, found);
                    }
                }
            });
        }
    });
}

fn record(results: &mut Results, count: &Count, found: io::Result<Vec<(Metric, f64)>>) {
    let Count { tool, contestant, job } = count;
    match found {
        Ok(found) => results.rows.extend(found.into_iter().map(|(metric, value)| Row {
            workload: job.workload.clone(),
            params: job.params.clone(),
            contestant: (*contestant).to_owned(),
            metric,
            summary: Summary::exact(value),
        })),
        Err(error) => {
            let about = format!("{contestant}/{}", job.workload);
            results.left_out.push(Note::new(about, format!("{tool:?}: {error}")));
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, contestant, job } = self;
        write!(f, "{tool:?} of {} {}: {}", job.workload, job.params, names::label(contestant))
    }
}
