//! All of them, on 50 connections.

use std::fmt::Write;
use std::time::Duration;

use anyloop_bench::{Better, Client, Contest, Measured, Progress};

use crate::entrants::{FRAMEWORKS, ours, plain};
use crate::picture::{self, Bar};
use crate::{Args, Outcome, build};

const TITLE: &str = "Hello over HTTP, by many";

pub(crate) fn run(args: &Args) -> Outcome {
    let (mut entrants, mut versions, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    if args.wants("anyloop") {
        entrants.extend(ours()?);
        versions.push(build::version(&["rustc", "--version"])?);
    }
    if args.wants("axum") {
        entrants.extend(plain()?);
    }
    for framework in FRAMEWORKS.iter().filter(|framework| args.wants(framework.name)) {
        match build::version(framework.version) {
            Ok(version) => {
                entrants.push(framework.entrant()?);
                versions.push(version);
            }
            Err(why) => {
                missing.push(format!("{} is {why}: apt-get install {}", framework.name, framework.packages));
            }
        }
    }
    versions
        .push(build::version(&["wrk", "-v"]).or_else(|_| build::version(&["dpkg-query", "--show", "wrk"]))?);
    let (rounds, slice) = if args.quick { (3, 1) } else { (9, 2) };
    let contest = Contest {
        entrants,
        client: Client::Command("wrk -t1 -c50 -d{slice} --latency http://{addr}/".parse()?),
        rounds,
        slice: Duration::from_secs(slice),
        count_calls: true,
    };
    let progress = Progress::new(contest.steps());
    let outcome = contest.run(|name| progress.advance(1, name))?;
    progress.finish();
    for missing in &missing {
        println!("{missing}");
    }
    println!("{}\n{}", outcome.table(), order(&outcome.measured));

    let mut page = outcome.page(TITLE, &args.command());
    let _ok = write!(
        page,
        "\n![Requests a second, by each server](frameworks.svg)\n\n\
         wrk asks on 50 connections, from the same machine. Each server says the same 16 bytes, as text/plain, and has one thread for its\n\
         program: Go by `GOMAXPROCS=1`, Netty by one event loop (the machine of Java has threads of its own beside). The programs are in\n\
         `ecosystem/frameworks/servers`, those on plain tokio and smol in its `examples`, and anyloop's is\n\
         `ecosystem/web/examples/http_hello.rs`, which is no longer than they are (a test counts). Memory is the most that was in use, also\n\
         before the first request. Every slice: [frameworks.csv](frameworks.csv).\n\n\
         Versions: {}.\n{}\n## The talk's order\n\n{}\n",
        versions.join("; "),
        missing.iter().map(|line| format!("\n{line}\n")).collect::<String>(),
        order(&outcome.measured),
    );
    let mut bars: Vec<_> = outcome.measured.iter().map(bar_of).collect();
    bars.sort_by(|one, other| other.value.total_cmp(&one.value));
    args.write("frameworks.md", &page)?;
    args.write("frameworks.csv", &outcome.csv())?;
    args.write("frameworks.svg", &picture::bars("Hello over HTTP, requests a second on one thread", &bars)?)
}

fn rate(measured: &Measured) -> f64 {
    let rate = measured.summary(|slice| Some(slice.found.per_second), Better::Higher);
    rate.unwrap_or_default().median
}

fn bar_of(measured: &Measured) -> Bar<'_> {
    Bar { name: &measured.name, value: rate(measured), is_ours: measured.name.starts_with("anyloop") }
}

/// Whether the talk's order holds: Scala first, and Python before Node.
fn order(measured: &[Measured]) -> String {
    let best = |word: &str| {
        let of_kind = measured.iter().filter(|one| one.name.contains(word));
        of_kind.map(|one| (rate(one), &*one.name)).max_by(|one, other| one.0.total_cmp(&other.0))
    };
    match (best("(Java)"), best("(Python)"), best("(JavaScript)")) {
        (Some((java, _)), Some((python, name)), Some((node, _))) => format!(
            "The talk has Scala's Finagle first, which stands on Netty, and Python's loops before Node. By requests a second, Netty\n\
             ({java:.0}) is {} of the three languages, and the best of Python, {name} ({python:.0}), comes {} Node ({node:.0}).",
            if java > python && java > node { "still the first" } else { "not the first" },
            if python > node { "before" } else { "behind" },
        ),
        _ => "The talk's order was not looked at, as one of Netty, Python and Node was not measured."
            .to_owned(),
    }
}
