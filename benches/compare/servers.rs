//! The run of the server models: ever more clients against each, until it breaks.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::harness::process::{Child, Hello};
use crate::harness::{callers, load};
use crate::job::Job;
use crate::names::{self, SERVERS};
use crate::results::{Metric, Note, Params, Results, Row, Summary};
use anyloop_bench::{cpu, in_turns};

/// Who takes part.
pub(crate) const MODELS: [&str; 6] =
    [names::NATIVE, names::TOKIO, names::SMOL, names::SYNC, names::THREADS, names::POOL];

/// How many clients at once.
pub(crate) fn clients(quick: bool) -> &'static [u64] {
    if quick { &[1, 50, 1000] } else { &[1, 10, 50, 200, 1000, 2000, 5000] }
}

const ROUNDS: usize = 3;

/// How long one model takes with one number of clients, in the steps of other workloads.
pub(crate) const WEIGHT: usize = 75;

/// How far the progress bar moves for all.
pub(crate) fn steps(quick: bool, who: &[&str]) -> usize {
    MODELS.iter().filter(|name| who.contains(name)).count() * clients(quick).len() * WEIGHT
}

/// Runs the models that were asked for; `tell` hears who is at work, once for each model and number
/// of clients.
pub(crate) fn run(results: &mut Results, quick: bool, who: &[&'static str], mut tell: impl FnMut(&str)) {
    // Who has broken is not asked again.
    let mut standing: Vec<&'static str> = MODELS.into_iter().filter(|name| who.contains(name)).collect();
    for &clients in clients(quick) {
        let mut servers = Vec::new();
        for &name in &standing {
            tell(&format!("{} with {clients} clients", names::label(name)));
            servers.push((name, Server::start(name, clients), Vec::new()));
        }
        in_turns(ROUNDS, &mut servers, |_round, (_, server, found)| {
            if let Ok(server) = server {
                found.push(server.slice(clients));
            }
        });
        for (name, server, found) in servers {
            let broke = server.and_then(|server| record(results, name, clients, &server, found));
            if let Some(what) = broke.unwrap_or_else(|error| Some(error.to_string())) {
                let text = format!("at {clients} clients: {what}");
                results.notes.push(Note::new(format!("{name}/{SERVERS}"), text));
                standing.retain(|model| *model != name);
            }
        }
    }
}

/// A server and its clients.
struct Server {
    server: Child,
    clients: Child,
}

type Slice = io::Result<BTreeMap<Metric, f64>>;

impl Server {
    fn start(name: &str, clients: u64) -> io::Result<Self> {
        let job = |params: &[(&str, u64)]| Job {
            workload: SERVERS.to_owned(),
            params: Params(params.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()),
        };
        let (server, hello) = Child::start(name, &job(&[("clients", clients)]), Some(0))?;
        let Hello::Listening(port) = hello else {
            return Err(io::Error::other("the server does not listen"));
        };
        let params = [("clients", clients), ("port", port.into())];
        match Child::start(load::NAME, &job(&params), Some(1))? {
            (clients, Hello::Ready) => Ok(Self { server, clients }),
            _ => Err(io::Error::other("the clients cannot begin")),
        }
    }

    /// A slice that is long enough to see many turns of each client.
    fn slice(&mut self, clients: u64) -> Slice {
        let time = Duration::from_millis(if clients < 1000 { 400 } else { 800 });
        let tally = self.clients.run(time.as_millis() as u64)?;
        Ok(tally.values.into_iter().collect())
    }
}

/// Turns the slices into rows; says with what the model broke, if it did.
fn record(
    results: &mut Results,
    name: &str,
    clients: u64,
    server: &Server,
    found: Vec<Slice>,
) -> io::Result<Option<String>> {
    let slices: Vec<BTreeMap<Metric, f64>> = found.into_iter().collect::<io::Result<_>>()?;
    let mut put = |metric: Metric, summary: Summary| {
        results.rows.push(Row::new(SERVERS, &[("clients", clients)], name, metric, summary));
    };
    let metrics: std::collections::BTreeSet<Metric> = slices.iter().flat_map(|s| s.keys().copied()).collect();
    for metric in metrics {
        let samples: Vec<f64> = slices.iter().filter_map(|slice| slice.get(&metric).copied()).collect();
        if let Some(summary) = Summary::of(&samples, metric.better()) {
            put(metric, summary);
        }
    }
    // The most that it held at once; each number of clients has a server of its own.
    let peak = cpu::peak_resident(server.server.id())? as f64 / f64::from(1 << 20);
    put(Metric::RssMib, Summary::exact(peak));
    let unserved = slices.iter().filter_map(|slice| slice.get(&Metric::Unserved)).fold(0.0, |a, b| b.max(a));
    Ok((unserved > 0.0).then(|| {
        format!(
            "{unserved:.0} clients got no answer in {} s, or were turned away",
            callers::PATIENCE.as_secs()
        )
    }))
}
