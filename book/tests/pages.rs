//! What the doc-tests do not see: that every page is in the summary and is tested, that every
//! program is shown, and that what a page says a program prints is what it prints.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

type Outcome = Result<(), Box<dyn Error>>;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The stems of the files in a folder that have this extension.
fn files(name: &str, extension: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut stems = BTreeSet::new();
    for entry in fs::read_dir(folder(name))? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            stems.insert(path.file_stem().ok_or("a file without a name")?.to_string_lossy().into_owned());
        }
    }
    Ok(stems)
}

/// The pages, by name, without the summary.
fn pages() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let names = files("src", "md")?.into_iter().filter(|name| name != "SUMMARY");
    names.map(|name| Ok((name.clone(), fs::read_to_string(folder(&format!("src/{name}.md")))?))).collect()
}

/// What stands between each `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(inside, _)| inside).collect()
}

#[test]
fn every_page_is_in_the_summary_and_is_tested() -> Outcome {
    let written = files("src", "md")?;
    let summary = fs::read_to_string(folder("src/SUMMARY.md"))?;
    let mut listed: BTreeSet<String> =
        between(&summary, "](", ".md)").into_iter().map(str::to_owned).collect();
    let tested: BTreeSet<String> = book::PAGES.iter().map(|page| (*page).to_owned()).collect();
    assert_eq!(listed, tested, "left: in SUMMARY.md; right: in lib.rs");
    listed.insert("SUMMARY".to_owned());
    assert_eq!(written, listed, "left: files; right: in SUMMARY.md");
    Ok(())
}

#[test]
fn links_lead_to_pages() -> Outcome {
    for (page, text) in pages()? {
        for target in between(&text, "](", ")").into_iter().filter(|target| !target.starts_with("https://")) {
            let file = target.split_once('#').map_or(target, |(file, _)| file);
            assert!(folder(&format!("src/{file}")).is_file(), "{page}: {target} is not there");
        }
    }
    Ok(())
}

#[test]
fn the_readme_shows_a_test_of_this_book() -> Outcome {
    let readme = fs::read_to_string(folder("../README.md"))?;
    let listing = fs::read_to_string(folder("tests/testing/worlds.rs"))?;
    assert_eq!(between(&readme, "```rust,ignore\n", "```").first(), Some(&&*listing));
    Ok(())
}

#[test]
fn the_page_on_choosing_names_cases_that_are_there() -> Outcome {
    let page = fs::read_to_string(folder("../docs/choosing.md"))?;
    let mut cases = String::new();
    for entry in fs::read_dir(folder("../loop-api/conformance/src/cases"))? {
        cases += &fs::read_to_string(entry?.path())?;
    }
    // Their names begin with letters, a number and a line: `tmr01_...`.
    let is_case = |name: &&str| {
        let number = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let text = number.trim_start_matches(|c: char| c.is_ascii_digit());
        text.starts_with('_') && text.len() < number.len()
    };
    let named: Vec<_> = page.split('`').skip(1).step_by(2).filter(is_case).collect();
    assert!(named.len() > 8, "{named:?}");
    let missing: Vec<_> = named.into_iter().filter(|name| !cases.contains(&format!("fn {name}<"))).collect();
    assert!(missing.is_empty(), "no such cases: {missing:?}");
    Ok(())
}

#[test]
fn the_page_on_simulation_tells_of_every_example() -> Outcome {
    let page = fs::read_to_string(folder("../docs/simulation.md"))?;
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    let mut folders = vec!["examples".to_owned(), "examples/web".to_owned()];
    for package in ["ecosystem", "benches", "."] {
        for entry in fs::read_dir(folder("..").join(package))? {
            let path = format!("{package}/{}/examples", entry?.file_name().to_string_lossy());
            folders.push(path.trim_start_matches("./").to_owned());
        }
    }
    let mut seen = 0;
    for inside in folders {
        let Ok(entries) = fs::read_dir(folder("..").join(&inside)) else { continue };
        for entry in entries {
            let path = entry?.path();
            // A program of several files is a folder with a `main.rs`.
            let program = if path.is_dir() { path.join("main.rs") } else { path };
            let text = fs::read_to_string(&program).unwrap_or_default();
            if program.extension().is_some_and(|extension| extension == "rs") && text.contains("fn main()") {
                let name = program.strip_prefix(folder(".."))?.to_string_lossy().replace('\\', "/");
                assert!(named.contains(&*name), "docs/simulation.md does not tell of {name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen} programs");
    let files = named.iter().filter(|name| name.ends_with(".rs") && name.contains("/tests/"));
    for file in files.filter(|file| file.matches('/').count() > 1 && !file.starts_with("backends")) {
        assert!(folder("..").join(file).is_file(), "{file} is not there");
    }
    Ok(())
}

#[test]
fn what_pages_include_is_there_and_every_program_is_shown() -> Outcome {
    let mut shown = BTreeSet::new();
    for (page, text) in pages()? {
        for file in between(&text, "{{#include ", "}}") {
            // Behind the name may be a part of the file.
            let file = file.split_once(':').map_or(file, |(file, _)| file);
            assert!(folder("src").join(file).is_file(), "{page}: {file} is not there");
            shown.extend(
                file.strip_prefix("../examples/")
                    .and_then(|name| name.strip_suffix(".rs"))
                    .map(str::to_owned),
            );
        }
    }
    assert_eq!(files("examples", "rs")?, shown, "left: files; right: shown");
    Ok(())
}

/// A block of a page that begins with a line such as `$ ANYLOOP_BACKEND=tokio cargo run -q --example echo`,
/// and has the output behind it.
struct Session<'a> {
    variables: Vec<(&'a str, &'a str)>,
    program: &'a str,
    arguments: Vec<&'a str>,
    output: String,
}

fn sessions(text: &str) -> Result<Vec<Session<'_>>, Box<dyn Error>> {
    let mut sessions: Vec<Session<'_>> = Vec::new();
    for block in between(text, "```console\n", "```") {
        let mut current: Option<Session<'_>> = None;
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                sessions.extend(current.take());
                let mut words = command.split_whitespace().peekable();
                let mut variables = Vec::new();
                while let Some(variable) = words.peek().and_then(|word| word.split_once('=')) {
                    variables.push(variable);
                    words.next();
                }
                let words: Vec<_> = words.collect();
                let ["cargo", "run", "-q", "--example", program, arguments @ ..] = &*words else {
                    return Err(format!("not `cargo run -q --example PROGRAM`: {command}").into());
                };
                let arguments = arguments.iter().copied().skip_while(|word| *word == "--").collect();
                current = Some(Session { variables, program, arguments, output: String::new() });
            } else if let Some(session) = &mut current {
                session.output += line;
                session.output += "\n";
            }
        }
        sessions.extend(current);
    }
    Ok(sessions)
}

#[test]
fn programs_print_what_the_pages_say() -> Outcome {
    // The tests are in target/debug/deps, the programs in target/debug/examples.
    let programs = env::current_exe()?.parent().and_then(Path::parent).ok_or("no folder")?.join("examples");
    let mut seen = 0;
    for (page, text) in pages()? {
        for session in sessions(&text)? {
            let run = Command::new(programs.join(session.program))
                .args(&session.arguments)
                .env_remove("ANYLOOP_BACKEND")
                .envs(session.variables.iter().copied())
                .output()
                .map_err(|error| format!("{page}: {}: {error}", session.program))?;
            let said = String::from_utf8(run.stdout)? + &String::from_utf8(run.stderr)?;
            assert_eq!(session.output, said, "left: {page}.md; right: {}", session.program);
            seen += 1;
        }
    }
    assert!(seen > 0, "no page shows a session");
    Ok(())
}
