//! What is written into docs/simulation.md, between marks in it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs, thread};

use crate::{Args, Result, read};

/// Puts `text` between the marks of a name.
fn put(page: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) =
        (format!("<!-- {name}, written by benches --bin sim -->\n"), format!("<!-- end of {name} -->"));
    let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        parts.ok_or_else(|| format!("docs/simulation.md has no marks `{begin}` and `{end}`"))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

pub(crate) fn write(root: &Path, args: &Args, table: &str) -> Result<()> {
    let path = root.join("docs/simulation.md");
    let figures = format!("{}\n\n{table}", machine(args.runs));
    let bugs = bugs(root)?;
    let replayed = if args.seeds > 0 { Some(replay(root, args.seeds)?) } else { None };
    // Read as late as possible: it takes minutes.
    let mut page = put(&read(&path)?, "figures", &figures)?;
    page = put(&page, "bugs", &bugs)?;
    if let Some(replayed) = replayed {
        page = put(&page, "replay", &replayed)?;
    }
    fs::write(path, page)?;
    Ok(())
}

/// Where and how it was measured.
fn machine(runs: usize) -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "Processor time, the best of {runs} runs in turns; {}, {} processors, load {}.",
        model.unwrap_or("an unknown processor"),
        thread::available_parallelism().map_or(1, usize::from),
        load.split(' ').next().unwrap_or("unknown")
    )
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
}

/// Runs the tests with planted bugs; each tells a line.
fn bugs(root: &Path) -> Result<String> {
    let told = root.join("target/sim-bugs.tsv");
    let _none_yet = fs::remove_file(&told);
    let tested = cargo()
        .args(["test", "--quiet", "-p", "loop-sim", "--test", "bugs"])
        .current_dir(root)
        .env("ANYLOOP_SIM_BUGS", &told)
        .status()?;
    if !tested.success() {
        return Err("a planted bug was not found: see above".into());
    }
    let text = read(&told)?;
    let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    lines.sort();
    let mut table = String::from(
        "| planted | seeds until it was found | faults | and after shrinking | choices | and after shrinking |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for line in &lines {
        writeln!(table, "| {} |", line.join(" | "))?;
    }
    Ok(format!("{} of them:\n\n{table}", lines.len()))
}

/// Runs many seeds four times; the script tells how many were equal.
fn replay(root: &Path, seeds: u64) -> Result<String> {
    let output = Command::new(root.join("benches/worlds/replay")).arg(seeds.to_string()).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("replays differ: {told}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(format!("{}.\n", told.trim()))
}
