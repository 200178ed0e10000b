//! Micro-benchmarks of the programs that `compare` runs, with criterion: what one operation takes
//! of the CPU's time.
//!
//!     cargo bench -p benches
//!     cargo bench -p benches -- yield/native
//!
//! One contestant after another and a second each: for a look while one works on a loop. `compare`
//! shares the machine's noise out.

// The programs are compare's, and so is all that stands around them there.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(dead_code, unused_imports)]

#[cfg(target_os = "linux")]
mod contestants;
#[cfg(target_os = "linux")]
mod counting;
#[cfg(target_os = "linux")]
mod gate;
#[cfg(target_os = "linux")]
mod harness;
#[cfg(target_os = "linux")]
mod job;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod plan;
#[cfg(target_os = "linux")]
mod results;
#[cfg(target_os = "linux")]
mod wire;

#[cfg(target_os = "linux")]
fn main() {
    use std::time::Duration;

    let mut criterion = criterion::Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    bench(&mut criterion);
    criterion.final_summary();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the programs wait with epoll: they need Linux");
}

#[cfg(target_os = "linux")]
fn bench(criterion: &mut criterion::Criterion) {
    use job::{Job, Start};
    use names::{
        CHANNEL, NATIVE, NATIVE_ALONE, RAW_EPOLL, RAW_SMOL, RAW_TOKIO, SLEEP_DROP, SMOL, SPAWN_JOIN, TOKIO,
        UNIX_PAIRS, YIELD,
    };
    use results::Params;

    /// The same programs as in the long run, on whom one works and whom one compares with.
    const WHO: [&str; 7] = [NATIVE, NATIVE_ALONE, TOKIO, SMOL, RAW_TOKIO, RAW_SMOL, RAW_EPOLL];
    let works: [(&str, &[(&str, u64)]); 6] = [
        (SPAWN_JOIN, &[("from_task", 1)]),
        (YIELD, &[("tasks", 100)]),
        (CHANNEL, &[]),
        (SLEEP_DROP, &[]),
        (UNIX_PAIRS, &[("pairs", 1)]),
        (UNIX_PAIRS, &[("pairs", 50)]),
    ];
    for (workload, params) in works {
        let params = Params(params.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect());
        let unit = params.0.iter().map(|(_, value)| *value).max().unwrap_or(1).max(1);
        let mut group = criterion.benchmark_group(format!("{workload} {params}").trim().to_owned());
        // A raw loop has no tasks.
        for name in WHO.into_iter().filter(|name| *name != RAW_EPOLL || workload == UNIX_PAIRS) {
            let job = Job { workload: workload.to_owned(), params: params.clone() };
            let mut work = None;
            group.bench_function(name, |bencher| {
                // No contestant is started that is not asked for.
                let start = work.get_or_insert_with(|| contestants::start(name, &job));
                let Start::Steps(work) = start else { panic!("{name} cannot do {workload}") };
                bencher.iter_custom(|times| {
                    // All tasks or pairs do as much: a few more than asked for, and the time of
                    // those that were.
                    let done = times.div_ceil(unit) * unit;
                    let before = anyloop_bench::cpu::own();
                    work(done);
                    (anyloop_bench::cpu::own() - before).mul_f64(times as f64 / done as f64)
                });
            });
        }
    }
}
