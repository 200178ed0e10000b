//! What waits in a world in which nothing can happen any more.

use std::fmt::Write as _;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::core::lock;
use crate::state::{Inner, SimHandle};

/// How many hosts, and how many places of each, are told.
const MOST: usize = 16;

/// The message of a deadlock. Its first line is the same for all of them but for numbers.
pub(crate) fn tell(world: &Inner) -> String {
    let (now, seed) = (Duration::from_nanos(world.core.now()), world.config.seed);
    let mut text = format!(
        "the future waits for something that can never happen: in its world no task is ready, no timer runs and \
         nothing is on its way (after {now:?}, seed {seed})\nthese wait:"
    );
    let hosts = lock(&world.hosts).clone();
    let waiting: Vec<String> = hosts.iter().filter_map(|host| waits(world, host)).collect();
    waiting.iter().take(MOST).for_each(|host| text += host);
    if waiting.len() > MOST {
        let _ = write!(text, "\n  and {} other hosts", waiting.len() - MOST);
    }
    text + "\nwhat waits for a socket, a timer or a thread outside of the world (of std, tokio, async-std, async-io) is not woken \
            in it: use anyloop's own, or build the world with Builder::real_threads, which cannot be repeated"
}

/// What waits on a host, as a line.
fn waits(world: &Inner, host: &SimHandle) -> Option<String> {
    let is_main = host.0.id == 0;
    // The first task of the others runs their callbacks.
    let mut kinds = counted(host.0.tasks.spawned_at().into_iter().skip(usize::from(!is_main)), "task");
    let jobs = lock(&world.jobs);
    let jobs = jobs.iter().filter(|job| job.host == host.0.id && !job.baton.is_done());
    kinds.extend(counted(jobs.map(|job| job.baton.spawned), "blocking job"));
    let left = kinds.len().saturating_sub(MOST);
    kinds.truncate(MOST);
    if left > 0 {
        kinds.push(format!("others, spawned at {left} places"));
    }
    if is_main {
        kinds.insert(0, "the future of block_on".to_owned());
    }
    let paused = if host.0.paused.load(Relaxed) { ", which is paused" } else { "" };
    (!kinds.is_empty()).then(|| format!("\n  on host `{}`{paused}: {}", host.0.name, kinds.join(", ")))
}

/// How many were spawned at each place, in the order of the first of each.
fn counted<'a>(places: impl Iterator<Item = &'a Location<'a>>, what: &str) -> Vec<String> {
    let mut counts: Vec<(&Location<'_>, usize)> = Vec::new();
    for place in places {
        match counts.iter_mut().find(|(other, _)| *other == place) {
            Some((_, count)) => *count += 1,
            None => counts.push((place, 1)),
        }
    }
    let line = |(place, count): &(&Location<'_>, usize)| match count {
        1 => format!("a {what} spawned at {place}"),
        many => format!("{many} {what}s spawned at {place}"),
    };
    counts.iter().map(line).collect()
}
