//! The chapter from a flaky test to a shrunk plan: what its tests print is what the page shows.
//!
//! Two of them fail, as they are to, so the standard harness is not used, which would run them. Here
//! each is a function, that runs in worlds as `#[anyloop::test]` has it run. `BLESS=1` writes what is
//! printed into the page.
#![allow(dead_code, unreachable_pub, reason = "the page's files are those of a library")]

use std::error::Error;
use std::panic::{catch_unwind, set_hook};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyloop::sim::Builder;

type Outcome = Result<(), Box<dyn Error>>;

/// A test of the chapter, with the program as it is at that stage.
macro_rules! stage {
    ($stage:ident, $file:literal, $name:ident, $test:expr, $($part:literal)*) => {
        mod $stage {
            mod tickets {
                include!("uses.rs");
                $(include!($part);)*
                include!("buy.rs");
            }
            include!($file);

            pub(super) fn run(builder: &super::Builder) {
                let seeds = super::seeds(include_str!($file));
                anyloop::sim::test(stringify!($name), seeds, builder, $test);
            }
        }
    };
}

stage!(flaky, "race.rs", no_ticket_is_sold_twice, |_| no_ticket_is_sold_twice(), "sell.rs" "serve.rs");
stage!(
    in_turn, "race.rs", no_ticket_is_sold_twice, |_| no_ticket_is_sold_twice(), "sell.rs" "serve_in_turn.rs"
);
stage!(
    crash, "crash.rs", a_crash_sells_no_ticket_twice, a_crash_sells_no_ticket_twice,
    "sell.rs" "serve_in_turn.rs"
);
stage!(
    synced, "crash.rs", a_crash_sells_no_ticket_twice, a_crash_sells_no_ticket_twice,
    "sell_synced.rs" "serve_in_turn.rs"
);

/// How many seeds a listing says.
fn seeds(listing: &str) -> u64 {
    let seeds = between(listing, "(sim, seeds = ", ")").and_then(|seeds| seeds.parse().ok());
    seeds.expect("a number of seeds")
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.split_once(open)?.1.split_once(close).map(|(inside, _)| inside)
}

/// Runs a stage and prints why it fails, if it does.
fn run(stage: &str, plan: Option<&str>) -> Outcome {
    let mut builder = Builder::new();
    if let Some(plan) = plan {
        builder = builder.plan(plan.parse()?);
    }
    let run = match stage {
        "flaky" => flaky::run,
        "in_turn" => in_turn::run,
        "crash" => crash::run,
        "synced" => synced::run,
        _ => return Err(format!("there is no stage {stage}").into()),
    };
    set_hook(Box::new(|_| {}));
    if let Err(payload) = catch_unwind(|| run(&builder)) {
        println!("{}", payload.downcast_ref::<String>().ok_or("a panic without a message")?);
    }
    Ok(())
}

/// What a stage prints, in a process of its own. Timelines go to a folder of the test's, which is
/// shown as the usual one.
fn printed(stage: &str, seed: Option<&str>, plan: Option<&str>) -> Result<String, Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    for variable in ["ANYLOOP_SIM_SEED", "ANYLOOP_SIM_SEEDS", "ANYLOOP_SIM_CHECK"] {
        command.env_remove(variable);
    }
    command.arg("stage").arg(stage).args(plan).env("ANYLOOP_SIM_TRACE", TIMELINES);
    if let Some(seed) = seed {
        command.env("ANYLOOP_SIM_SEED", seed);
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{stage}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.replace(TIMELINES, "/tmp/anyloop-sim"))
}

const TIMELINES: &str = env!("CARGO_TARGET_TMPDIR");

/// That a file is `new`, in which `part` is what may have changed; it is written where `BLESS` is set.
fn expect(file: &Path, new: &str, part: &str) -> Outcome {
    if fs::read_to_string(file).unwrap_or_default() == new {
        return Ok(());
    }
    if env::var_os("BLESS").is_none() {
        let file = file.display();
        return Err(format!("{file} does not have\n{part}\nThis test with BLESS=1 writes it.").into());
    }
    Ok(fs::write(file, new)?)
}

/// The two failures are those that the page shows, and fail again by the line that it shows.
fn failures_are_as_shown() -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/worlds.md");
    for (stage, name) in [("flaky", "no_ticket_is_sold_twice"), ("crash", "a_crash_sells_no_ticket_twice")] {
        let failure = printed(stage, None, None)?;
        let page = fs::read_to_string(&file)?;
        let open = format!("```text,{stage}\n");
        let (before, block) = page.split_once(&open).ok_or("a block for the output")?;
        let (_, after) = block.split_once("```").ok_or("its end")?;
        expect(&file, &format!("{before}{open}{failure}```{after}"), &failure)?;

        let seed = between(&failure, "ANYLOOP_SIM_SEED=", " ").ok_or("a seed")?;
        let line = format!("```sh\nANYLOOP_SIM_SEED={seed} cargo test {name}\n");
        assert!(page.contains(&line), "the page does not have {line}");
        let again = printed(stage, Some(seed), None)?;
        let rest = |text: &str| text.split_once("seeds failed").map(|(_, rest)| rest.to_owned());
        assert_eq!(rest(&again), rest(&failure), "{stage} fails otherwise");
    }
    let svg = "a_crash_sells_no_ticket_twice.svg";
    let drawn = fs::read_to_string(Path::new(TIMELINES).join(svg))?;
    expect(&file.with_file_name(svg), &drawn, svg)
}

/// The plan that the page pastes fails before the mend and not after it.
fn the_plan_is_a_regression_test() -> Outcome {
    let page = include_str!("../../src/worlds.md");
    let plan = between(page, "#[anyloop::test(sim, plan = \"", "\")]").ok_or("a plan")?;
    let failure = printed("crash", None, Some(plan))?;
    assert!(failure.contains("is sold twice"), "{failure}");
    assert!(printed("crash", None, None)?.contains(&format!("{plan}\n")), "the plan is not the shrunk one");
    assert_eq!(printed("synced", None, Some(plan))?, "");
    Ok(())
}

fn mends_pass() -> Outcome {
    for stage in ["in_turn", "synced"] {
        assert_eq!(printed(stage, None, None)?, "");
    }
    Ok(())
}

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &*arguments {
        [mode, stage, plan @ ..] if mode == "stage" => return run(stage, plan.first().map(String::as_str)),
        _ => {}
    }
    failures_are_as_shown()?;
    the_plan_is_a_regression_test()?;
    mends_pass()?;
    println!("the page shows what is printed");
    Ok(())
}
