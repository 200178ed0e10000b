//! `docs/performance.md`, with its picture and its figures: the goals of the native loop, and what
//! one run reached.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use super::goals::{Outcome, Verdict, outcomes};
use super::ratios::Size;
use super::{page, paint, scatter, summary};
use crate::names;
use crate::results::{Results, file};

/// Where the reasons are kept that no run can find.
const REASONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compare/report/reasons.md");
/// The repository's documents.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");

/// Writes `performance.md`, `performance.svg` and `performance.csv` into a folder; says what is not
/// as it should be.
pub(crate) fn write(folder: &Path, results: &Results) -> Result<Vec<String>, Box<dyn Error>> {
    let reasons = std::fs::read_to_string(REASONS).unwrap_or_default();
    let (page, missing) = page(results, &reasons)?;
    file::put(&folder.join("performance.md"), &page)?;
    file::put(&folder.join("performance.svg"), &picture(results)?)?;
    file::write(&folder.join("performance.csv"), results)?;
    Ok(missing)
}

/// The picture for the README: the works that a goal is about or that stand for their kind.
pub(crate) fn picture(results: &Results) -> Result<String, Box<dyn Error>> {
    let mut compared = summary::compared(results);
    compared.retain(|(case, _)| case.params.get("bytes").is_none_or(|bytes| bytes == 64));
    let lines = summary::lines(&compared);
    let caption = [
        "CPU time for the same work: what the native loop takes, as a part of theirs",
        "Medians; for a sleep of 1 ms its lateness, for memory bytes. raw: epoll by hand, without tasks or futures.",
    ];
    Ok(paint::standalone(&summary::picture(Size { width: 760, names: 248 }, &caption, &lines)?))
}

/// The page, and the goals that were missed without a reason.
pub(crate) fn page(results: &Results, reasons: &str) -> Result<(String, Vec<String>), Box<dyn Error>> {
    let outcomes = outcomes(results);
    let mut page = String::new();
    writeln!(
        page,
        "# Performance\n\n\
         <!-- written by `cargo run --release -p benches --bin compare -- --write-docs`; do not edit -->\n\n\
         What the native loop is to reach, and what it reached in one run. The main figure is CPU time per operation; all\n\
         contestants are alive at once and take turns in short slices, in the other order every round. `tokio` is its current-thread\n\
         runtime and `smol` its executor and reactor, both used directly; the raw loop is edge-triggered epoll by hand, without async: the limit.\n\
         Medians decide; the cheapest tenth of the slices, which the machine's noise touches least, stands beside them. A process may be 2.5 %\n\
         faster or slower than its twin by where its memory lies. `native alone` is as where no other loop is compiled in. Instructions are\n\
         valgrind's, of the program alone and not of the kernel; system calls are strace's.\n"
    )?;
    let machine = &results.machine;
    writeln!(
        page,
        "{}; {}, {}, {} MiB, {}. `{}`. {}.\n",
        results.date.replace('T', " ").replace('Z', " UTC"),
        machine.cpu,
        page::cores(results),
        machine.memory_mib,
        machine.kernel,
        results.command,
        Some(format!("load {}", results.machine.load))
            .filter(|_| !results.machine.load.is_empty())
            .into_iter()
            .chain(results.versions.iter().map(|(name, version)| format!("{name} {version}")))
            .collect::<Vec<_>>()
            .join(", "),
    )?;
    page += "![What the native loop takes as a part of what tokio, smol and a raw loop take for the same work](performance.svg)\n\n\
             The dots are ratios of medians, the lines lead to the ratios of the cheapest tenths. Every figure: [performance.csv](performance.csv);\n\
             `compare render docs/performance.csv` makes the whole page of it.\n\n";
    page += &table(&outcomes);
    if let Some(sentence) = scatter::sentence(results) {
        writeln!(page, "\n{sentence}")?;
    }
    let missing = unreached(&mut page, &outcomes, reasons)?;
    if !results.left_out.is_empty() {
        page += "\n## Left out\n\n| who | what | why |\n|---|---|---|\n";
        for note in &results.left_out {
            let (who, what) = note.about.split_once('/').unwrap_or((&note.about, ""));
            writeln!(page, "| {} | {what} | {} |", names::label(who), note.text.replace('|', "\\|"))?;
        }
    }
    Ok((page, missing))
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = String::from(
        "| | goal | reached | by the cheapest tenth | native alone | |\n|---|---|---|---|---|---|\n",
    );
    for Outcome { goal, reached, best, alone, verdict } in outcomes {
        let verdict = match verdict {
            Verdict::Met => "met",
            Verdict::NotMet => "**not met**",
            Verdict::NotMeasured => "not measured",
        };
        table += &format!("| {} | {} | {reached} | {best} | {alone} | {verdict} |\n", goal.what, goal.goal);
    }
    table
}

/// Adds what was not reached, each with its reason. Gives those that have none.
fn unreached(page: &mut String, outcomes: &[Outcome], reasons: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let open: Vec<&Outcome> = outcomes.iter().filter(|o| o.verdict != Verdict::Met).collect();
    if open.is_empty() {
        page.push_str("\nEvery goal is met.\n");
        return Ok(Vec::new());
    }
    page.push_str("\n## What was not reached, and why\n");
    let mut missing = Vec::new();
    for Outcome { goal, .. } in open {
        writeln!(page, "\n### {}\n", goal.what)?;
        match reason(reasons, goal.what) {
            Some(text) => writeln!(page, "{text}")?,
            None => {
                page.push_str("No reason is known yet.\n");
                missing.push(format!("no reason for: {}", goal.what));
            }
        }
    }
    Ok(missing)
}

/// The text under the heading `## what`.
fn reason<'a>(reasons: &'a str, what: &str) -> Option<&'a str> {
    let sections = reasons.split("\n## ").skip(1);
    let texts =
        sections.filter_map(|section| section.split_once('\n')).filter(|(head, _)| head.trim() == what);
    texts.map(|(_, text)| text.trim()).find(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::goals::GOALS;
    use super::super::sample;
    use super::*;

    #[test]
    fn a_reason_stands_under_what_it_explains() {
        let what = GOALS[0].what;
        let reasons = format!("# Reasons\n\n## {what}\n\nBecause of `this`.\n\n## Another\n\nThat.\n");
        let (page, missing) = page(&sample::invented(), &reasons).expect("a page");
        assert!(page.contains(&format!("### {what}\n\nBecause of `this`.\n")), "{page}");
        assert!(!page.contains("That."), "a reason without its goal");
        assert!(!missing.is_empty() && !missing.iter().any(|m| m.contains(what)), "{missing:?}");
    }

    #[test]
    fn every_reason_that_is_kept_is_for_a_goal() {
        let reasons = std::fs::read_to_string(REASONS).expect("the file is in the repository");
        let known = |head: &str| GOALS.iter().any(|goal| goal.what == head);
        for section in reasons.split("\n## ").skip(1) {
            let head = section.lines().next().unwrap_or_default().trim();
            assert!(known(head), "no goal is called {head:?}");
        }
    }

    #[test]
    fn the_picture_has_both_lights_in_it() {
        let svg = picture(&sample::invented()).expect("a picture");
        assert!(svg.contains("prefers-color-scheme:dark") && svg.starts_with("<svg "), "{svg}");
        assert!(svg.contains("xmlns=") && !svg.contains("#0100"));
        if let Some(folder) = std::env::var_os("COMPARE_SAMPLE") {
            write(Path::new(&folder), &sample::invented()).expect("written");
        }
    }
}
