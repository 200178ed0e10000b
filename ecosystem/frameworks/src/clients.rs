//! Ours and Debian's servers, against more and more clients.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyloop_bench::machine::Machine;
use anyloop_bench::{Better, Client, Contest, Entrant, Measured, Progress, cpu};

use crate::entrants::ours;
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

#[derive(Default)]
struct Found {
    points: BTreeMap<String, Vec<Point>>,
    /// Where each broke, and how.
    broke: Vec<String>,
    csv: String,
}

pub(crate) fn run(args: &Args) -> Outcome {
    cpu::raise_descriptors();
    let home = tempfile::tempdir()?;
    readable(home.path())?;
    std::fs::create_dir(home.path().join("files"))?;
    std::fs::write(home.path().join("files/hello"), "Ciao EuroPython\n")?;
    let (mut standing, mut notes) = (Vec::new(), Vec::new());
    if args.wants("anyloop") {
        standing.extend(ours()?);
    }
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
    let steps: &[usize] = if args.quick { &[1, 50, 1000] } else { &[1, 10, 50, 200, 1000, 2000, 5000] };
    let (rounds, slice) = if args.quick { (1, 1) } else { (3, 2) };
    let progress = Progress::new(steps.len() * standing.len() * (rounds + 2));
    let mut found =
        Found { csv: "server,clients,requests_per_s,p99_us,memory_mib\n".to_owned(), ..Found::default() };
    for &clients in steps {
        let contest = Contest {
            entrants: standing.clone(),
            client: Client::Command(
                format!("wrk -t1 -c{clients} -d{{slice}} --timeout 5s --latency http://{{addr}}/").parse()?,
            ),
            rounds,
            slice: Duration::from_secs(slice),
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
    progress.finish();
    let page = found.page(args, &notes);
    println!("{page}");
    args.write("servers.md", &page)?;
    args.write("servers.csv", &found.csv)?;
    args.write("servers-requests.svg", &found.picture("Requests a second", |point| point.rate)?)?;
    args.write("servers-memory.svg", &found.picture("Memory of the server, MiB", |point| point.memory)?)
}

/// Apache's processes are another user's, who has to come to the files.
fn readable(home: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o755))?)
}

impl Found {
    fn add(&mut self, clients: usize, measured: &Measured) {
        let middle = |summary: Option<anyloop_bench::Summary>| summary.unwrap_or_default().median;
        let point = Point {
            clients,
            rate: middle(measured.summary(|slice| Some(slice.found.per_second), Better::Higher)),
            p99: middle(measured.summary(|slice| slice.found.p99, Better::Lower)),
            memory: measured.memory as f64 / f64::from(1 << 20),
        };
        let Point { rate, p99, memory, .. } = point;
        // Writing to a String cannot fail.
        let _ok = writeln!(self.csv, "{},{clients},{rate},{p99},{memory}", measured.name);
        self.points.entry(measured.name.clone()).or_default().push(point);
    }

    fn page(&self, args: &Args, notes: &[String]) -> String {
        let machine = Machine::here();
        let mut page = format!(
            "# Servers against ever more clients\n\n`{}`\n\n{}, {} cores, {} MiB, {}.\n\n\
             The same 16 bytes over HTTP: from anyloop's `http_hello` on each loop, and from a file by Debian's servers with Debian's\n\
             numbers. wrk, on the same machine, keeps so many connections and asks on each again and again. Memory is the most that all\n\
             processes of a server had in use, each with what it shares. A server that fails one request in a hundred has broken, and is not\n\
             asked again; of connections that wait for their turn all the time wrk says nothing. Raw data: [servers.csv](servers.csv).\n\n\
             ![Requests a second against the number of clients](servers-requests.svg)\n\n\
             ![Memory against the number of clients](servers-memory.svg)\n",
            args.command(),
            machine.cpu,
            machine.cores,
            machine.memory_mib,
            machine.kernel,
        );
        page += &self.table("Requests a second", |point| thousands(point.rate));
        page += &self.table("Memory, MiB", |point| format!("{:.1}", point.memory));
        page += &self.table("99 of 100 requests took at most, ms", |point| format!("{:.1}", point.p99 / 1e3));
        page += "\n## What broke\n\n";
        for line in self.broke.iter().chain(notes) {
            let _ok = writeln!(page, "- {}", line.replace('\n', " "));
        }
        page + "\n## What the talk claims\n\n" + &self.claims()
    }

    fn table(&self, title: &str, cell: impl Fn(&Point) -> String) -> String {
        let all = self.points.values().flatten();
        let clients: std::collections::BTreeSet<usize> = all.map(|point| point.clients).collect();
        let mut table = format!("\n## {title}\n\n| clients |");
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

    /// The talk's charts have nginx "as high as possible", at 12,000 requests a second, with memory
    /// that stays flat, and Apache's growing.
    fn claims(&self) -> String {
        let growth = |name: &str| {
            let (first, last) = (self.points.get(name)?.first()?, self.points.get(name)?.last()?);
            (first.clients < last.clients).then_some((first.memory, last.memory, last.clients))
        };
        let mut claims = String::new();
        if let Some(points) = self.points.get("nginx") {
            let most = points.iter().map(|point| point.rate).fold(0.0, f64::max);
            let ours = self.points.iter().filter(|(name, _)| name.starts_with("anyloop"));
            let best = ours.flat_map(|(_, points)| points).map(|point| point.rate).fold(0.0, f64::max);
            let _ok = writeln!(
                claims,
                "- \"nginx's 12,000 requests a second get as high as possible\": on this machine it comes to {} with one worker, and \
                 anyloop to {}.",
                thousands(most),
                thousands(best)
            );
        }
        for (claim, name) in [
            ("processes cost memory", "Apache, prefork"),
            ("threads cost memory", "Apache, event"),
            ("a loop's memory stays flat", "nginx"),
            ("a loop's memory stays flat", "anyloop on native (Rust)"),
        ] {
            if let Some((first, last, clients)) = growth(name) {
                let _ok = writeln!(
                    claims,
                    "- \"{claim}\": {name} has {first:.1} MiB with one client, and {last:.1} MiB with {}.",
                    thousands(clients as f64)
                );
            }
        }
        claims
    }

    fn picture(&self, title: &str, value: impl Fn(&Point) -> f64) -> Outcome<String> {
        let lines: Vec<Line<'_>> = self
            .points
            .iter()
            .map(|(name, points)| Line {
                name,
                points: points.iter().map(|point| (point.clients as f64, value(point))).collect(),
            })
            .collect();
        picture::lines(title, "clients at once", &lines)
    }
}
