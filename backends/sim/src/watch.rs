//! Looks at the worlds of the process by real time. A poll that blocks its thread stops its world,
//! which then cannot tell; and one in which time goes on without end looks like one that has stopped.

use std::fmt::Write as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::core::lock;
use crate::interpose;
use crate::state::Inner;

/// How often it looks.
const TICK: Duration = Duration::from_millis(250);

/// After how long a run is told of; then after twice as long.
const LONG: Duration = Duration::from_secs(30);

static WATCH: Mutex<Watch> = Mutex::new(Watch { worlds: Vec::new(), state: State::None });
static CHANGED: Condvar = Condvar::new();

struct Watch {
    worlds: Vec<(Weak<Inner>, Seen)>,
    state: State,
}

/// What the thread does, of which a process has one: from its first world on.
#[derive(PartialEq)]
enum State {
    None,
    Looks,
    /// For a whole tick there was no world.
    Waits,
}

/// What was seen of a world.
#[derive(Debug)]
struct Seen {
    polls: u64,
    /// Since when there was no other poll, and whether that was told.
    same: (Instant, bool),
    /// Since when it runs, and after how long that is told next.
    runs: (Instant, Duration),
}

impl Seen {
    fn new(now: Instant) -> Seen {
        Seen { polls: 0, same: (now, false), runs: (now, LONG) }
    }

    /// Looks at a world; what there is to tell.
    fn look(&mut self, world: &Inner, now: Instant) -> Option<String> {
        let (polled, polls) = world.core.polled();
        let Some(polled) = polled else {
            *self = Seen::new(now);
            return None;
        };
        if polls != self.polls {
            (self.polls, self.same) = (polls, (now, false));
        }
        if world.config.until.is_some_and(|until| now >= until) {
            world.fail("it has run for as long as there was real time for it".to_owned());
        }
        let (seed, patience) = (world.config.seed, world.config.job_patience);
        if !self.same.1 && now - self.same.0 >= patience {
            self.same.1 = true;
            let hosts = lock(&world.hosts);
            let host = hosts.get(polled.host as usize).map_or("?", |host| &host.0.name);
            let mut text = format!("the world of seed {seed} has been in one poll for {patience:?}: of ");
            let _ = match polled.spawned {
                Some(place) => write!(text, "the task spawned at {place}, on host `{host}`"),
                None => write!(text, "the future of block_on, on host `{host}`"),
            };
            return Some(
                text + ". It blocks the thread of its world, as std's sockets, sleep, channels and locks do: use anyloop's",
            );
        }
        let ran = now - self.runs.0;
        if ran >= self.runs.1 {
            self.runs.1 *= 2;
            let time = Duration::from_nanos(world.core.now());
            return Some(format!(
                "the world of seed {seed} has run for {} s, and its time is {time:?}: if it is not to take so long, something \
                 in it goes on without end, or waits for what is outside of it; Builder::time_limit ends it",
                ran.as_secs()
            ));
        }
        None
    }
}

/// Looks at all of them.
fn run() {
    let mut watch = lock(&WATCH);
    loop {
        if watch.worlds.is_empty() {
            watch.state = State::Waits;
            watch = CHANGED.wait(watch).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let now = Instant::now();
        // Under the lock, so that what leaves the list is not kept by this thread.
        let look = |(world, seen): &mut (Weak<Inner>, Seen)| seen.look(&*world.upgrade()?, now);
        let told: Vec<String> = watch.worlds.iter_mut().filter_map(look).collect();
        drop(watch);
        told.iter().for_each(|told| loop_api::shared::write_report(format_args!("anyloop: {told}")));
        std::thread::sleep(TICK);
        watch = lock(&WATCH);
    }
}

/// A world that is looked at for as long as this lives.
#[derive(Debug)]
pub(crate) struct Watched(Weak<Inner>);

impl Watched {
    pub(crate) fn new(world: &Arc<Inner>) -> Watched {
        let (world, now) = (Arc::downgrade(world), interpose::real(Instant::now));
        let mut watch = lock(&WATCH);
        watch.worlds.push((world.clone(), Seen::new(now)));
        match std::mem::replace(&mut watch.state, State::Looks) {
            State::None => {
                let thread = std::thread::Builder::new().name("anyloop-sim-watch".into()).spawn(run);
                if thread.is_err() {
                    // Nothing is told, and nothing else is missing.
                    watch.state = State::None;
                }
            }
            State::Waits => CHANGED.notify_one(),
            State::Looks => {}
        }
        Watched(world)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        lock(&WATCH).worlds.retain(|(world, _)| !world.ptr_eq(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use loop_api::{EventLoop, Handle};

    use super::*;
    use crate::SimLoop;

    #[test]
    fn a_poll_that_blocks_and_a_run_without_end_are_told_once_each() {
        let mut sim = SimLoop::builder().seed(7).build();
        let world = sim.world();
        let begin = Instant::now();
        let look = move |seen: &mut Seen, seconds| {
            seen.look(world.inner(), begin + Duration::from_secs(seconds)).unwrap_or_default()
        };
        let mut seen = Seen::new(begin);
        assert_eq!(look(&mut seen, 99), "", "it does not run");
        let mut seen = Seen::new(begin);
        let times = [0, 4, 5, 6, 29, 30, 59, 60];
        let task =
            sim.handle().spawn(poll_fn(move |_| Poll::Ready(times.map(|seconds| look(&mut seen, seconds)))));
        let told = sim.block_on(task).unwrap();
        let [_, _, blocks, _, _, long, _, longer] = &told;
        assert!(blocks.starts_with("the world of seed 7 has been in one poll for 5s"), "{blocks}");
        assert!(blocks.contains("watch.rs:") && blocks.contains("on host `main`"), "{blocks}");
        assert!(long.contains("has run for 30 s") && longer.contains("has run for 60 s"), "{told:?}");
        assert_eq!(told.iter().filter(|told| told.is_empty()).count(), 5, "{told:?}");
    }
}
