//! What the thread of a world does, in which order.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use loop_api::host::Stepped;
use loop_api::{Handle, RunError, budget, coop};

use crate::agenda::Event;
use crate::baton::Back;
use crate::core::{Polled, lock};
use crate::hosts;
use crate::state::{Inner, Item, SimHandle};
use crate::trace::What;

/// In nanoseconds.
const YEAR: u64 = 365 * 24 * 3_600 * 1_000_000_000;

/// For how long a run with real threads waits at once.
const LOOK: Duration = Duration::from_millis(50);

/// One run of the world, or one turn.
pub(crate) struct Run<'a> {
    world: &'a Arc<Inner>,
    /// The host of `block_on`.
    host: &'a SimHandle,
    /// Polls the main future; whether it is done.
    main: &'a mut dyn FnMut() -> bool,
    foreign: Option<&'a dyn Stepped>,
}

/// What came of a step.
enum Step {
    /// Something ran.
    Ran,
    /// The main future is done.
    Done,
    /// Nothing can run now.
    Idle,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.world.core.end_polls();
    }
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        world: &'a Arc<Inner>,
        host: &'a SimHandle,
        main: &'a mut dyn FnMut() -> bool,
        foreign: Option<&'a dyn Stepped>,
    ) -> Run<'a> {
        Run { world, host, main, foreign }
    }

    /// Runs the world until the main future is done.
    pub(crate) fn until_done(&mut self) -> Result<(), RunError> {
        let mut idle_since = None;
        loop {
            self.expect_no_failure();
            self.fire();
            match self.step() {
                Step::Done => return Ok(()),
                Step::Ran => idle_since = None,
                Step::Idle => {
                    let first = self.world.core.first();
                    if self.wait_for_threads(first, &mut idle_since) || self.drive_foreign(first) {
                        continue;
                    }
                    match first {
                        Some(time) => self.jump(time),
                        None => {
                            self.expect_no_failure();
                            return Err(RunError::Deadlock);
                        }
                    }
                    idle_since = None;
                }
            }
        }
    }

    /// Runs what is ready; if nothing is, lets time go on until something is, for at most `limit`.
    pub(crate) fn turn(&mut self, limit: Option<Duration>) -> Result<(), RunError> {
        let core = &self.world.core;
        let nanos = |limit: Duration| u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let until = limit.map(|limit| core.now().saturating_add(nanos(limit)));
        let (mut ran, mut idle_since) = (false, None);
        loop {
            self.expect_no_failure();
            ran |= self.fire();
            // What is ready now, and not what that makes ready.
            let ready = lock(&self.world.ready).len();
            for _ in 0..ready {
                ran = true;
                if let Step::Done = self.step() {
                    return Ok(());
                }
            }
            if ran || limit == Some(Duration::ZERO) {
                return Ok(());
            }
            let first = core.first();
            let next = first.into_iter().chain(until).min();
            if self.wait_for_threads(next, &mut idle_since) {
                continue;
            }
            match (first, until) {
                (Some(first), Some(until)) if first > until => {
                    core.jump(until);
                    return Ok(());
                }
                (Some(first), _) => self.jump(first),
                (None, Some(until)) => {
                    core.jump(until);
                    return Ok(());
                }
                (None, None) => return Err(RunError::Deadlock),
            }
        }
    }

    /// Ends the run where a check has failed.
    fn expect_no_failure(&self) {
        if self.world.failed.load(Relaxed) {
            let failures = lock(&self.world.checks).failures().join("; ");
            panic!("the world has failed (seed {}): {failures}", self.world.config.seed);
        }
    }

    /// Jumps to the next event.
    fn jump(&self, time: u64) {
        let limit = self.world.config.time_limit;
        if limit.is_some_and(|limit| u128::from(time) > limit.as_nanos()) {
            self.world.fail(format!(
                "it has run for its time limit of {:?}: something goes on without end, or the limit is too short",
                limit.unwrap_or_default()
            ));
        } else {
            self.world.core.jump(time);
        }
    }

    /// A foreign runtime takes part: it goes on until the world has something to do, or until its
    /// next event. Whether to look again.
    fn drive_foreign(&self, first: Option<u64>) -> bool {
        let Some(foreign) = self.foreign else { return false };
        self.world.core.end_polls();
        let (world, core) = (self.world, &self.world.core);
        let now = core.now();
        // Nothing of the runtime's is expected later, and the run ends there.
        let until = first.unwrap_or(now.saturating_add(YEAR));
        let has_work = || {
            let earlier = core.first().is_some_and(|event| event < until);
            earlier || !lock(&world.ready).is_empty() || world.failed.load(Relaxed)
        };
        let reached = foreign.drive(Duration::from_nanos(now), Duration::from_nanos(until), &mut |waker| {
            core.set_driven(Some(waker.clone()));
            has_work()
        });
        core.set_driven(None);
        let ready = has_work();
        if ready {
            core.record(What::Timer { number: 0 });
            self.jump(u64::try_from(reached.as_nanos()).unwrap_or(u64::MAX).clamp(now, until));
        }
        ready
    }

    /// Real threads take part: waits for them for as long as time, at its pace, takes to get to the
    /// next event. Whether to look again.
    fn wait_for_threads(&self, until: Option<u64>, idle_since: &mut Option<Instant>) -> bool {
        let Some(pace) = self.world.config.threads else { return false };
        // While a job runs, time is the job's.
        let pace = if self.world.busy.load(Relaxed) > 0 { 1 } else { pace.max(1) };
        let waited = idle_since.get_or_insert_with(Instant::now).elapsed();
        let left = match until {
            None => LOOK,
            Some(until) => {
                let way = Duration::from_nanos(until.saturating_sub(self.world.core.now()));
                (way / pace).saturating_sub(waited).min(LOOK)
            }
        };
        let ready = lock(&self.world.ready);
        if !ready.is_empty() {
            return true;
        }
        if left.is_zero() {
            return false;
        }
        drop(self.world.wake.wait_timeout(ready, left));
        true
    }

    /// Lets happen what is due by now; whether anything did.
    fn fire(&mut self) -> bool {
        let core = &self.world.core;
        let mut fired = false;
        while let Some(event) = core.pop_due() {
            fired = true;
            self.happen(event);
        }
        fired
    }

    fn happen(&mut self, event: Event) {
        let world = self.world;
        match event {
            Event::Timer(waker) => {
                let mut waker = Some(waker);
                loop_toolkit::wake_each(|| waker.take());
            }
            Event::Packet(sent) => world.net(|net, core| net.arrive(core, sent)),
            Event::SynTimer { end, tries } => world.net(|net, core| net.syn_timer(core, end, tries)),
            Event::GiveUp { end } => world.net(|net, _| net.give_up(end)),
            Event::Fault(fault) => {
                if let Err(error) = hosts::apply(world, &fault) {
                    world.fail(error.to_string());
                }
            }
            Event::Disk(asked) => (asked.run)(),
            Event::Call(call) => call(),
        }
    }

    /// Runs the next of what is ready.
    fn step(&mut self) -> Step {
        let world = self.world;
        let (next, picks) = {
            let mut ready = lock(&world.ready);
            let next = ready.pop(&world.core);
            (next, ready.picks())
        };
        let Some(next) = next else { return Step::Idle };
        let (task, item) = (next.task, next.item);
        let host = match &item {
            Item::Main => self.host,
            Item::Task(host, _) | Item::Job(host, _) => host,
        };
        let slow = host.0.slow.load(Relaxed);
        if host.0.paused.load(Relaxed) || slow > 0 && hosts::is_busy(host, slow) {
            let host = host.clone();
            lock(&host.0.parked).push((task, item));
            return Step::Ran;
        }
        let waited = picks - next.since;
        if world.config.starvation.is_some_and(|most| waited > most) {
            let name = &host.0.name;
            world.fail(format!(
                "task {task} on host `{name}` was ready for {waited} steps before it was polled"
            ));
        }
        world.pass_a_poll();
        let at = match &item {
            Item::Main => Some(None),
            Item::Task(_, runnable) => Some(Some(runnable.spawned_at())),
            // How long it may take is looked at here.
            Item::Job(..) => None,
        };
        world.core.begin_poll(host.0.id, task, at.map(|spawned| Polled { host: host.0.id, spawned }));
        match item {
            Item::Main => {
                coop::begin_poll();
                budget::begin_poll();
                if (self.main)() {
                    return Step::Done;
                }
            }
            Item::Task(host, runnable) => {
                runnable.begin_poll();
                budget::begin_poll();
                let again = if host.0.id == self.host.0.id {
                    // This thread is inside of it already.
                    runnable.poll()
                } else {
                    hosts::on(&host, || runnable.poll())
                };
                if let Some(again) = again {
                    lock(&world.ready).push_last(task, Item::Task(host, again));
                }
            }
            Item::Job(host, baton) => {
                let (patience, spawned) = (world.config.job_patience, baton.spawned);
                if host.enter(|| baton.lend(patience)) == Back::Kept {
                    world.core.record(What::Escaped { task });
                    if world.config.threads.is_none() {
                        world.fail(format!(
                            "a blocking job has kept the world waiting for {patience:?}; it was spawned at {spawned}. It waits for something \
                             outside of the world, such as std's sleep, a real socket or another thread: use the world's own by \
                             Handle::block_on, allow it more by Builder::job_patience, or build the world with Builder::real_threads"
                        ));
                    }
                }
            }
        }
        Step::Ran
    }
}
