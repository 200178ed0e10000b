//! A test in worlds: what the environment asks for, and what a failure tells.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::builder::Builder;
use crate::env;
use crate::order::Order;
use crate::seeds::{check_deterministic, run_seeds};
use crate::shrink::shrink_until;
use crate::sim_loop::SimLoop;

/// How many runs a failure is given to become small.
const SHRINK: usize = 300;

/// And how long, where the environment does not say.
const SHRINK_FOR: Duration = Duration::from_secs(60);

/// Runs a test in worlds with the seeds from 0 to `count`, in random order, and panics if one
/// fails: with the line that runs it again, the faults it needs, and where its timeline was
/// written. It is what `#[anyloop::test(sim)]` calls. What is found first, and how it is run again,
/// is told on standard error at once; then it is made small, in at most 300 runs and a minute.
///
/// The environment: `ANYLOOP_SIM_SEED=7` runs that seed alone; `ANYLOOP_SIM_SEEDS=1000` as many;
/// `ANYLOOP_SIM_CHECK=1` each seed twice, to see that the runs are the same; `ANYLOOP_SIM_SHRINK=10`
/// takes ten seconds to make a failure small, and 0 leaves it as it is; `ANYLOOP_SIM_TRACE` is
/// the folder for timelines, by default one named `anyloop-sim` in the system's for temporary files.
///
/// ```
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Builder, test};
/// use std::time::Duration;
///
/// test("an_hour_passes", 10, &Builder::new(), |sim| {
///     let start = sim.handle().now();
///     sim.block_on(sim.handle().sleep(Duration::from_secs(3600)));
///     assert!(sim.handle().now() - start >= Duration::from_secs(3600));
/// });
/// ```
///
/// # Panics
///
/// If a seed fails, if two runs of one differ, and if a variable of the environment is not what it
/// should be.
#[track_caller]
pub fn test(name: &str, count: u64, builder: &Builder, program: impl Fn(&mut SimLoop) + Sync) {
    let said = || {
        Ok::<_, std::io::Error>(Asked {
            seed: env::seed()?,
            count: env::seeds()?.unwrap_or(count),
            check: env::check()?,
            shrink_for: env::shrink()?.unwrap_or(SHRINK_FOR),
        })
    };
    let asked = said().unwrap_or_else(|error| panic!("{error}"));
    let failed = run(name, &asked, builder, program, |told| {
        loop_api::shared::write_report(format_args!("{told}"));
    });
    if let Some(message) = failed {
        panic!("{message}");
    }
}

/// What the environment asks for.
struct Asked {
    /// The one to run.
    seed: Option<u64>,
    count: u64,
    /// Each twice.
    check: bool,
    shrink_for: Duration,
}

/// What failed, if something did. What a long search for less of it could lose is given to `tell`
/// before.
fn run(
    name: &str,
    asked: &Asked,
    builder: &Builder,
    program: impl Fn(&mut SimLoop) + Sync,
    tell: impl Fn(&str) + Sync,
) -> Option<String> {
    let builder = builder.clone().order_unless_set(Order::Random);
    let range = asked.seed.map_or(0..asked.count, |seed| seed..seed.saturating_add(1));
    if range.is_empty() {
        let last = u64::MAX - 1;
        return Some(format!(
            "{name}: no seed was run, so that nothing was tested: ask for 1 or more, up to seed {last}"
        ));
    }
    if asked.check {
        for seed in range.clone() {
            if let Err(difference) = check_deterministic(seed, &builder, &program) {
                return Some(difference.to_string());
            }
        }
    }
    let again = format!("cargo test {name}");
    let report = run_seeds(range, &builder, &program, |failure| {
        tell(&format!("{name}: {}", failure.tell(&again)));
    });
    // One seed need not show what holds now and then.
    let alone = asked.seed.is_some() && report.failures.is_empty();
    if report.is_ok() || alone {
        return None;
    }
    let mut message = format!("{name}: {}", report.tell(&again));
    let failure = report.first_failure().filter(|_| !asked.shrink_for.is_zero());
    if let Some(failure) = failure {
        let (seed, time) = (failure.seed, asked.shrink_for);
        tell(&format!(
            "{name}: seed {seed} is made small, in at most {SHRINK} runs and {time:?}; ANYLOOP_SIM_SHRINK=0 leaves it as it is"
        ));
        match shrink_until(failure, SHRINK, Some(Instant::now() + time), &builder, &program) {
            Some(shrunk) => {
                let _ = write!(message, "\nmade small: {shrunk}");
                let folder = env::trace().unwrap_or_else(|| std::env::temp_dir().join("anyloop-sim"));
                match write_files(&folder, name, &shrunk.timeline(), &shrunk.trace_text()) {
                    Ok(path) => _ = write!(message, "\ntimeline: {}", path.display()),
                    Err(error) => _ = write!(message, "\nthe timeline was not written: {error}"),
                }
            }
            None => message.push_str(
                "\nit did not fail again: something is not decided by the seed; ANYLOOP_SIM_CHECK=1 tells what differs",
            ),
        }
    }
    Some(message)
}

/// Writes the picture, and its text beside it.
fn write_files(folder: &std::path::Path, name: &str, svg: &str, text: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    std::fs::write(folder.join(format!("{name}.txt")), text)?;
    let path = folder.join(format!("{name}.svg"));
    std::fs::write(&path, svg)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use loop_api::{EventLoop, Handle};

    use super::*;
    use crate::Chaos;

    /// Fails where host `a` is down, which a crash of the plan leads to; with how many runs there
    /// were when it told what.
    fn told(shrink_for: Duration, then: impl Fn(u64, &mut SimLoop) + Sync) -> (Vec<(u64, String)>, String) {
        let (runs, told) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let plan = "1s pause a\n2s crash a\n3s resume a".parse().unwrap();
        let asked = Asked { seed: Some(5), count: 1, check: false, shrink_for };
        let program = |sim: &mut SimLoop| {
            let run = runs.fetch_add(1, SeqCst) + 1;
            let host = sim.world().host("a");
            sim.world().chaos(&Chaos::new(Duration::from_secs(5)));
            then(run, sim);
            sim.block_on(sim.handle().sleep(Duration::from_secs(4)));
            assert!(!host.shared().is_closed(), "a is down");
        };
        let tell = |text: &str| crate::core::lock(&told).push((runs.load(SeqCst), text.to_owned()));
        let message = run("planted", &asked, &Builder::new().plan(plan), program, tell).expect("it fails");
        (told.into_inner().unwrap(), message)
    }

    #[test]
    fn a_failure_is_told_before_it_is_made_small() {
        let (told, message) = told(Duration::from_secs(600), |_, _| ());
        let [(1, first), (1, small)] = &told[..] else { panic!("{told:?}") };
        for words in ["planted: seed 5", "a is down", "2s crash a", "ANYLOOP_SIM_SEED=5 cargo test planted"] {
            assert!(first.contains(words), "{first}");
        }
        assert!(small.contains("at most 300 runs and 600s"), "{small}");
        assert!(message.contains("it needs 1 of 3 faults"), "{message}");
        assert!(!message.contains("the limit came"), "{message}");
    }

    #[test]
    fn making_it_small_ends_by_real_time_also_in_a_run_without_end() {
        let (_, message) = told(Duration::from_millis(20), |run, sim| {
            // The first of the smaller ones.
            if run == 3 {
                sim.world().host("b").run(|| async {
                    loop {
                        futures_lite::future::yield_now().await;
                    }
                });
                sim.block_on(std::future::pending::<()>());
            }
        });
        assert!(message.contains("then the limit came: it may need less"), "{message}");
    }

    #[test]
    fn a_test_of_no_seed_fails() {
        for (seed, count) in [(None, 0), (Some(u64::MAX), 1)] {
            let asked = Asked { seed, count, check: false, shrink_for: Duration::ZERO };
            let message = run("none", &asked, &Builder::new(), |_| (), |_| ()).expect("nothing was tested");
            assert!(message.contains("none: no seed was run"), "{message}");
        }
    }

    #[test]
    fn without_time_for_it_a_failure_stays_as_it_is() {
        let (told, message) = told(Duration::ZERO, |_, _| ());
        assert!(told.len() == 1 && !message.contains("made small"), "{told:?} {message}");
    }
}
