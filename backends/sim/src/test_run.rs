//! A test in worlds: what the environment asks for, and what a failure tells.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::builder::Builder;
use crate::env;
use crate::order::Order;
use crate::seeds::{check_deterministic, seeds};
use crate::shrink::shrink;
use crate::sim_loop::SimLoop;

/// How many runs a failure is given to become small.
const SHRINK: usize = 300;

/// Runs a test in worlds with the seeds from 0 to `count`, in random order, and panics if one
/// fails: with the line that runs it again, the faults it needs, and where its timeline was
/// written. It is what `#[anyloop::test(sim)]` calls.
///
/// The environment: `ANYLOOP_SIM_SEED=7` runs that seed alone; `ANYLOOP_SIM_SEEDS=1000` as many;
/// `ANYLOOP_SIM_CHECK=1` each seed twice, to see that the runs are the same; `ANYLOOP_SIM_TRACE` is
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
    let said = || Ok::<_, std::io::Error>((env::seed()?, env::seeds()?, env::check()?));
    let (seed, count, check) = match said() {
        Ok((seed, many, check)) => (seed, many.unwrap_or(count), check),
        Err(error) => panic!("{error}"),
    };
    let builder = builder.clone().order_unless_set(Order::Random);
    let range = seed.map_or(0..count, |seed| seed..seed.saturating_add(1));
    if check {
        for seed in range.clone() {
            if let Err(difference) = check_deterministic(seed, &builder, &program) {
                panic!("{difference}");
            }
        }
    }
    let report = seeds(range, &builder, &program);
    // One seed need not show what holds now and then.
    let alone = seed.is_some() && report.failures.is_empty();
    if report.is_ok() || alone {
        return;
    }
    let mut message = format!("{name}: {}", report.tell(&format!("cargo test {name}")));
    if let Some(failure) = report.first_failure() {
        match shrink(failure, SHRINK, &builder, &program) {
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
    panic!("{message}");
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
