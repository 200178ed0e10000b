//! Ours and Debian's servers, against more and more clients.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyloop_bench::machine::Machine;
use anyloop_bench::{Better, Client, Contest, Entrant, Measured, Progress, cpu};

use crate::entrants::{models, ours};
use crate::picture::{self, Line, thousands};
use crate::{Args, Outcome, build, folder};

/// A server of Debian's: its name, what tells its version, its package, and its command.
const DEBIANS: [(&str, &[&str], &str, &str); 4] = [
    ("Apache, prefork", &["apache2", "-v"], "apache2-bin", "apache.sh prefork {port}"),
    ("Apache, event", &["apache2", "-v"], "apache2-bin", "apache.sh event {port}"),
    ("lighttpd", &["lighttpd", "-v"], "lighttpd", "lighttpd.sh {port}"),
    ("nginx", &["nginx", "-v"], "nginx-light", "nginx.sh {port}"),
];

/// What a server came to with a number of clients.
struct Point {
    clients: usize,
    rate: f64,
    p99: f64,
    memory: f64,
}

/// What some servers came to with ever more clients.
struct Found {
    /// In the raw data: what a request is.
    request: &'static str,
    points: BTreeMap<String, Vec<Point>>,
    /// Where each broke, and how.
    broke: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    cpu::raise_descriptors();
    let home = tempfile::tempdir()?;
    readable(home.path())?;
    std::fs::create_dir(home.path().join("files"))?;
    std::fs::write(home.path().join("files/hello"), "Ciao EuroPython\n")?;
    let (mut standing, mut notes) = (ours()?, Vec::new());
    standing.extend(models(Duration::ZERO)?);
    standing.retain(|entrant| args.wants(&entrant.name));
    for (name, version, package, command) in DEBIANS.iter().filter(|(name, ..)| args.wants(name)) {
        match build::version(version) {
            Ok(version) => {
                let (script, words) = command.split_once(' ').ok_or("a command has its words")?;
                let script = folder("servers").join(script);
                let line = format!("'{}' {words} '{}'", script.display(), home.path().display());
                let entrant = Entrant { name: (*name).to_owned(), command: line.parse()?, env: Vec::new() };
                standing.push(entrant);
                notes.push(format!("{name}: {version}"));
            }
            Err(why) => notes.push(format!("{name} is left out: {why}, apt-get install {package}")),
        }
    }
    let mut waiting = models(WAIT)?;
    waiting.retain(|entrant| args.wants(&entrant.name));
    let steps: &[usize] = if args.quick { &[1, 50, 1000] } else { &[1, 10, 100, 1000, 5000] };
    let progress = Progress::new(steps.len() * (standing.len() + waiting.len()) * (rounds(args) + 2));
    let at_once = Found::of("at once", standing, steps, args, &progress)?;
    let waited = Found::of("waits", waiting, steps, args, &progress)?;
    progress.finish();
    let page = page(args, &at_once, &waited, &notes);
    println!("{page}");
    args.write("servers.md", &page)?;
    let csv =
        format!("request,server,clients,requests_per_s,p99_us,memory_mib\n{}{}", at_once.csv(), waited.csv());
    args.write("servers.csv", &csv)?;
    args.write("servers-requests.svg", &at_once.picture("Requests a second", |point| point.rate)?)?;
    args.write("servers-memory.svg", &at_once.picture("Memory of the server, MiB", |point| point.memory)?)?;
    args.write(
        "servers-waiting.svg",
        &waited.picture("Requests a second that wait 100 ms", |point| point.rate)?,
    )?;
    args.write(
        "servers-waiting-memory.svg",
        &waited.picture("Memory, MiB, while they wait", |point| point.memory)?,
    )
}

/// How long a request waits, as for a database, where the models are measured by that.
const WAIT: Duration = Duration::from_millis(100);

fn rounds(args: &Args) -> usize {
    if args.quick { 1 } else { 3 }
}

/// Apache's processes are another user's, who has to come to the files.
fn readable(home: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o755))?)
}

impl Found {
    fn of(
        request: &'static str,
        mut standing: Vec<Entrant>,
        steps: &[usize],
        args: &Args,
        progress: &Progress,
    ) -> Outcome<Found> {
        let mut found = Found { request, points: BTreeMap::new(), broke: Vec::new() };
        for &clients in steps {
            let wrk = format!(
                "wrk -t1 -c{clients} -d{{slice}} --timeout 10s --latency -H 'Connection: close' http://{{addr}}/"
            );
            let contest = Contest {
                entrants: standing.clone(),
                client: Client::Command(wrk.parse()?),
                rounds: rounds(args),
                slice: Duration::from_secs(1),
                count_calls: false,
            };
            let outcome = contest.run(|name| progress.advance(1, format!("{name}, {clients} clients")))?;
            for measured in &outcome.measured {
                found.add(clients, measured);
            }
            for (name, why) in &outcome.left_out {
                found.broke.push(format!("{name} broke at {clients} clients: {why}"));
                // Who has broken is not asked again.
                standing.retain(|entrant| entrant.name != *name);
            }
        }
        Ok(found)
    }

    fn add(&mut self, clients: usize, measured: &Measured) {
        let middle = |summary: Option<anyloop_bench::Summary>| summary.unwrap_or_default().median;
        let point = Point {
            clients,
            rate: middle(measured.summary(|slice| Some(slice.found.per_second), Better::Higher)),
            p99: middle(measured.summary(|slice| slice.found.p99, Better::Lower)),
            memory: measured.memory as f64 / f64::from(1 << 20),
        };
        self.points.entry(measured.name.clone()).or_default().push(point);
    }

    fn csv(&self) -> String {
        let rows = self.points.iter().flat_map(|(name, points)| {
            points.iter().map(move |Point { clients, rate, p99, memory }| {
                format!("{},\"{name}\",{clients},{rate},{p99},{memory}\n", self.request)
            })
        });
        rows.collect()
    }

    fn tables(&self) -> String {
        self.table("Requests a second", |point| thousands(point.rate))
            + &self.table("Memory, MiB", |point| format!("{:.1}", point.memory))
            + &self.table("99 of 100 requests took at most, ms", |point| match point.p99 {
                // No answer came within a slice.
                0.0 => "none".to_owned(),
                p99 => format!("{:.1}", p99 / 1e3),
            })
    }

    fn table(&self, title: &str, cell: impl Fn(&Point) -> String) -> String {
        let all = self.points.values().flatten();
        let clients: std::collections::BTreeSet<usize> = all.map(|point| point.clients).collect();
        let mut table = format!("\n### {title}\n\n| clients |");
        let columns = clients.iter().map(|n| format!(" {} |", thousands(*n as f64))).collect::<String>();
        table += &columns;
        table += "\n|---|";
        table += &"--:|".repeat(clients.len());
        for (name, points) in &self.points {
            let _ok = write!(table, "\n| {name} |");
            for n in &clients {
                let point = points.iter().find(|point| point.clients == *n);
                let _ok = write!(table, " {} |", point.map_or_else(|| "broken".to_owned(), &cell));
            }
        }
        table + "\n"
    }

    /// The memory with the fewest and with the most clients, whose number is the third.
    fn growth(&self, name: &str) -> Option<(f64, f64, usize)> {
        let (first, last) = (self.points.get(name)?.first()?, self.points.get(name)?.last()?);
        (first.clients < last.clients).then_some((first.memory, last.memory, last.clients))
    }

    /// The most requests a second of any whose name begins so.
    fn best(&self, of: &str) -> f64 {
        let named = self.points.iter().filter(|(name, _)| name.starts_with(of));
        named.flat_map(|(_, points)| points).map(|point| point.rate).fold(0.0, f64::max)
    }

    fn picture(&self, title: &str, value: impl Fn(&Point) -> f64) -> Outcome<String> {
        let lines: Vec<Line<'_>> = self
            .points
            .iter()
            // The loops hardly differ, and the models do.
            .filter(|(name, _)| !name.contains("on tokio") && !name.contains("on smol"))
            .map(|(name, points)| Line {
                name,
                points: points.iter().map(|point| (point.clients as f64, value(point))).collect(),
            })
            .collect();
        picture::lines(title, "clients at once", &lines)
    }
}

fn page(args: &Args, at_once: &Found, waited: &Found, notes: &[String]) -> String {
    let machine = Machine::here();
    let mut page = format!(
        "# Servers against ever more clients\n\n`{}`\n\n{}, {} cores, {} MiB, {}.\n\n\
         Each request comes on a connection of its own (`Connection: close`), so that a server may take them in any order; wrk, on the\n\
         same machine, keeps the given number of them under way. The answer is the same 16 bytes: from a file by Debian's servers, with Debian's\n\
         numbers of processes and threads; from anyloop's `http_hello`, which is hyper with all its limits; and from the four models of\n\
         `examples/servers` (one after the other, a thread for each, a pool of 64 threads, a task for each), which read no more of HTTP\n\
         than they must. Memory is the most that all processes of a server had in use, each with what it shares. A server that fails one\n\
         request in a hundred has broken, and is not asked again. Raw data: [servers.csv](servers.csv). The pictures have ours on native\n\
         alone; the tables have each loop. With one and with ten clients `async on tokio` is slow because the model sleeps for no time,\n\
         which takes tokio up to a millisecond.\n\n\
         ## Answered at once\n\n\
         ![Requests a second against the number of clients](servers-requests.svg)\n\n\
         ![Memory against the number of clients](servers-memory.svg)\n",
        args.command(),
        machine.cpu,
        machine.cores,
        machine.memory_mib,
        machine.kernel,
    );
    page += &at_once.tables();
    page += "\n## Each waits 100 ms\n\nThe four models, when a request waits as for a database: what is bounded by the number of threads\n\
             stays there, and what is not pays for each that waits.\n\n\
             ![Requests a second against the number of clients](servers-waiting.svg)\n\n\
             ![Memory against the number of clients](servers-waiting-memory.svg)\n";
    page += &waited.tables();
    page += "\n## What broke\n\n";
    for line in at_once.broke.iter().chain(&waited.broke) {
        // Writing to a String cannot fail.
        let _ok = writeln!(page, "- {}", line.replace('\n', " "));
    }
    if at_once.broke.is_empty() && waited.broke.is_empty() {
        page += "Nothing.\n";
    }
    page += "\n## Debian's servers\n\n";
    for line in notes {
        let _ok = writeln!(page, "- {line}");
    }
    page + "\n## What the talk claims\n\n" + &claims(at_once, waited)
}

/// The talk's charts have nginx "as high as possible", at 12,000 requests a second, with memory
/// that stays flat, and Apache's growing.
fn claims(at_once: &Found, waited: &Found) -> String {
    let mut claims = String::new();
    if at_once.points.contains_key("nginx") {
        let _ok = writeln!(
            claims,
            "- \"nginx's 12,000 requests a second get as high as possible\": here it comes to {} with one worker, anyloop's `http_hello` \
             to {}, and the model of a task for each to {}.",
            thousands(at_once.best("nginx")),
            thousands(at_once.best("anyloop on")),
            thousands(at_once.best("async on")),
        );
    }
    for (claim, found, name) in [
        ("processes cost memory", at_once, "Apache, prefork"),
        ("threads cost memory", at_once, "Apache, event"),
        ("threads cost memory", waited, "threads on native"),
        ("a loop's memory stays flat", at_once, "nginx"),
        ("a loop's memory stays flat", at_once, "anyloop on native (Rust)"),
        ("a loop's memory stays flat", waited, "async on native"),
    ] {
        if let Some((first, last, clients)) = found.growth(name) {
            let _ok = writeln!(
                claims,
                "- \"{claim}\": {name}{} has {first:.1} MiB with one client, and {last:.1} MiB with {}.",
                if found.request == "waits" { ", while requests wait," } else { "" },
                thousands(clients as f64)
            );
        }
    }
    claims
}
