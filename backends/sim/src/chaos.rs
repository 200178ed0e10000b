//! Plans that are drawn.

use std::time::Duration;

use crate::fault::{DiskCall, Fault};
use crate::oracle::{ChoiceKind, Oracle};
use crate::plan::Plan;

/// How many faults of each kind are drawn, for [`World::chaos`](crate::World::chaos).
///
/// Each number is the mean for a run. As in swarm testing, each seed leaves some kinds out: a bug
/// that needs many of one kind and none of another is found, too.
///
/// ```
/// use loop_sim::Chaos;
/// use std::time::Duration;
///
/// let chaos = Chaos::new(Duration::from_secs(30)).crashes(2.0).cuts(5.0);
/// assert_eq!(chaos.within, Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Chaos {
    /// From now on, for how long.
    pub within: Duration,
    /// How long a fault lasts that is undone: up to this.
    pub lasting: Duration,
    /// Hosts crash, and restart.
    pub crashes: f64,
    /// Hosts pause, and go on.
    pub pauses: f64,
    /// Two hosts are cut from one another, and healed.
    pub cuts: f64,
    /// As cuts, one way.
    pub one_way_cuts: f64,
    /// A host is cut from all others.
    pub isolations: f64,
    /// Two hosts hear from one another late.
    pub slow_links: f64,
    /// The connections between two hosts are reset.
    pub resets: f64,
    /// A clock is off by up to a second.
    pub skews: f64,
    /// A disk is full, and has space again.
    pub full_disks: f64,
    /// A disk takes longer.
    pub slow_disks: f64,
    /// Reads, writes or syncs of a disk fail, and work again.
    pub disk_errors: f64,
    /// A host can open no file, and can again.
    pub exhausted_descriptors: f64,
    /// Syncs of a host do nothing, and do it again.
    pub lying_syncs: f64,
    /// A host crashes and loses its disk, and starts anew.
    pub wipes: f64,
    /// All hosts crash at once, and restart each at its own time: the power goes off.
    pub outages: f64,
    /// The hosts fall into two parts, each of which is cut from the other.
    pub partitions: f64,
    /// A host takes up to a millisecond longer for each poll.
    pub slow_hosts: f64,
}

/// The places of [`Chaos::outages`] and [`Chaos::partitions`] among the kinds.
const OUTAGE: usize = 14;
const PARTITION: usize = 15;

macro_rules! rates {
    ($($field:ident)*) => {
        impl Chaos {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self#structfield.", stringify!($field), ").")]
                #[must_use = "it gives the rates back, with this one set"]
                pub fn $field(mut self, mean: f64) -> Chaos {
                    self.$field = mean;
                    self
                }
            )*

            /// The rates with their names, in the order in which they are drawn.
            fn rates(&self) -> impl Iterator<Item = (&'static str, f64)> + use<> {
                [$((stringify!($field), self.$field)),*].into_iter()
            }
        }
    };
}

rates! {
    crashes pauses cuts one_way_cuts isolations slow_links resets skews
    full_disks slow_disks disk_errors exhausted_descriptors lying_syncs wipes outages partitions slow_hosts
}

impl Chaos {
    /// Without faults.
    pub fn new(within: Duration) -> Chaos {
        Chaos {
            within,
            lasting: within / 5,
            crashes: 0.0,
            pauses: 0.0,
            cuts: 0.0,
            one_way_cuts: 0.0,
            isolations: 0.0,
            slow_links: 0.0,
            resets: 0.0,
            skews: 0.0,
            full_disks: 0.0,
            slow_disks: 0.0,
            disk_errors: 0.0,
            exhausted_descriptors: 0.0,
            lying_syncs: 0.0,
            wipes: 0.0,
            outages: 0.0,
            partitions: 0.0,
            slow_hosts: 0.0,
        }
    }

    /// With two of every kind; but not of outages and partitions, which take many hosts at once, nor
    /// of lying syncs and wipes, which take from a program what it must rely on.
    pub fn everything(within: Duration) -> Chaos {
        Chaos {
            crashes: 2.0,
            pauses: 2.0,
            cuts: 2.0,
            one_way_cuts: 2.0,
            isolations: 2.0,
            slow_links: 2.0,
            resets: 2.0,
            skews: 2.0,
            full_disks: 2.0,
            slow_disks: 2.0,
            disk_errors: 2.0,
            exhausted_descriptors: 2.0,
            slow_hosts: 2.0,
            ..Chaos::new(within)
        }
    }

    /// Sets [`lasting`](Self#structfield.lasting).
    #[must_use = "it gives the rates back, with this one set"]
    pub fn lasting(mut self, lasting: Duration) -> Chaos {
        self.lasting = lasting;
        self
    }

    /// What is wrong with a rate, if one is no number of faults.
    pub(crate) fn wrong(&self) -> Option<String> {
        const MOST: f64 = 1e6;
        let (name, mean) = self.rates().find(|(_, mean)| !(0.0..=MOST).contains(mean))?;
        Some(format!("`Chaos::{name}` is {mean}: set it to how many are drawn in the mean, from 0 to {MOST}"))
    }

    /// A plan of faults, from `now` on, for these hosts.
    pub(crate) fn draw(&self, oracle: &mut Oracle, now: Duration, hosts: &[String]) -> Plan {
        let mut plan = Plan::new();
        if hosts.is_empty() {
            return plan;
        }
        for (kind, (_, mean)) in self.rates().enumerate() {
            // A third of the seeds leave the kind out.
            let count = (mean * 2.0) as u64 + 1;
            if mean <= 0.0 || oracle.pick(ChoiceKind::Plan, 3) == 0 {
                continue;
            }
            for _ in 0..oracle.pick(ChoiceKind::Plan, count + 1) {
                self.draw_one(kind, oracle, now, hosts, &mut plan);
            }
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    fn draw_one(&self, kind: usize, oracle: &mut Oracle, now: Duration, hosts: &[String], plan: &mut Plan) {
        let mut pick = |of: u64| oracle.pick(ChoiceKind::Plan, of.max(1));
        // Whole milliseconds are easier to read, and no run needs more.
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let now = now.as_nanos().div_ceil(1_000_000) as u64;
        let at = Duration::from_millis(now.saturating_add(pick(ms(self.within))));
        let a = pick(hosts.len() as u64) as usize;
        let b = (a + 1 + pick(hosts.len() as u64 - 1) as usize) % hosts.len();
        if kind == OUTAGE {
            for host in hosts {
                let until = at + Duration::from_millis(1 + pick(ms(self.lasting)));
                plan.faults.extend([(at, Fault::crash(host)), (until, Fault::restart(host))]);
            }
            return;
        }
        if kind == PARTITION {
            let until = at + Duration::from_millis(1 + pick(ms(self.lasting)));
            // The first is on one side; which others are with it, but for one, is drawn.
            let side: Vec<bool> = (0..hosts.len()).map(|n| n == a || n != b && pick(2) == 0).collect();
            let on = |side_of: bool| hosts.iter().zip(&side).filter(move |(_, side)| **side == side_of);
            for ((one, _), (other, _)) in on(true).flat_map(|one| on(false).map(move |other| (one, other))) {
                plan.faults.extend([(at, Fault::cut(one, other)), (until, Fault::heal(one, other))]);
            }
            return;
        }
        let (a, b) = (hosts[a].as_str(), hosts[b].as_str());
        let fault = match kind {
            0 => Fault::crash(a),
            1 => Fault::pause(a),
            2 if a != b => Fault::cut(a, b),
            3 if a != b => Fault::cut_one_way(a, b),
            4 => Fault::isolate(a),
            5 if a != b => Fault::slow(a, b, Duration::from_millis(1 + pick(ms(self.lasting)))),
            6 if a != b => Fault::reset(a, b),
            7 => Fault::skew(a, (pick(2_000) as i64 - 1_000) * 1_000_000),
            8 => Fault::disk_full(a),
            9 => Fault::disk_slow(a, Duration::from_millis(1 + pick(ms(self.lasting)))),
            10 => Fault::disk_fails(a, DiskCall::ALL[pick(3) as usize]),
            11 => Fault::descriptors_exhausted(a),
            12 => Fault::sync_lies(a),
            13 => Fault::wipe(a),
            16 => Fault::slow_host(a, Duration::from_micros(1 + pick(1_000))),
            _ => return,
        };
        let until = at + Duration::from_millis(1 + pick(ms(self.lasting)));
        let undone = fault.undone();
        plan.faults.push((at, fault));
        if let Some(undone) = undone {
            plan.faults.push((until, undone));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_an_outage_all_hosts_crash_at_once() {
        let hosts = ["a", "b", "c"].map(String::from);
        let chaos = Chaos::new(Duration::from_secs(10)).outages(0.1);
        let draw = |seed| chaos.draw(&mut Oracle::new(seed, None, false), Duration::ZERO, &hosts);
        let plan = (0..20).map(draw).find(|plan| !plan.is_empty()).unwrap();
        let crashes = plan
            .faults
            .iter()
            .filter(|(at, fault)| *at == plan.faults[0].0 && matches!(fault, Fault::Crash(_)));
        assert_eq!((crashes.count(), plan.len()), (3, 6), "{plan}");
    }

    #[test]
    fn in_a_partition_each_host_of_one_part_is_cut_from_each_of_the_other() {
        let hosts = ["a", "b", "c", "d", "e"].map(String::from);
        let chaos = Chaos::new(Duration::from_secs(10)).partitions(0.1);
        let draw = |seed| chaos.draw(&mut Oracle::new(seed, None, false), Duration::ZERO, &hosts);
        let mut sizes = std::collections::BTreeSet::new();
        for plan in (0..50).map(draw).filter(|plan| !plan.is_empty()) {
            let mut reached = std::collections::BTreeSet::new();
            for (_, fault) in &plan.faults[..plan.len() / 2] {
                let Fault::Cut(one, other) = fault else { panic!("{plan}") };
                reached.extend([one.clone(), other.clone()]);
            }
            assert_eq!(reached.len(), hosts.len(), "{plan}");
            sizes.insert(plan.len());
        }
        // Of one and four hosts, and of two and three; each cut is healed.
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [8, 12]);
        let one = Chaos::new(Duration::from_secs(10)).partitions(9.0);
        let alone = |seed| one.draw(&mut Oracle::new(seed, None, false), Duration::ZERO, &hosts[..1]);
        assert!((0..20).all(|seed| alone(seed).is_empty()));
    }

    #[test]
    fn a_rate_that_is_no_number_of_faults_fails_the_world() {
        for (mean, told) in
            [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf"), (1e18, "1000000000000000000")]
        {
            let chaos = Chaos::new(Duration::from_secs(1)).cuts(1e6).crashes(mean);
            let report = crate::seeds(0..1, &crate::Builder::new(), |sim| drop(sim.world().chaos(&chaos)));
            let message = &report.first_failure().expect("it fails").message;
            assert!(message.starts_with(&format!("`Chaos::crashes` is {told}: set it to")), "{message}");
        }
    }

    #[test]
    fn each_seed_draws_another_plan_and_leaves_kinds_out() {
        let hosts = ["a", "b", "c"].map(String::from);
        let chaos = Chaos::everything(Duration::from_secs(10));
        let draw = |seed| chaos.draw(&mut Oracle::new(seed, None, false), Duration::ZERO, &hosts);
        let mut seen = std::collections::BTreeMap::<String, u32>::new();
        for seed in 0..100 {
            let plan = draw(seed);
            assert_eq!(plan, draw(seed));
            assert!(plan.end() <= Duration::from_millis(12_001));
            for word in plan.to_string().lines().filter_map(|line| line.split(' ').nth(1)) {
                *seen.entry(word.to_owned()).or_default() += 1;
            }
        }
        for word in [
            "crash",
            "restart",
            "pause",
            "cut",
            "cut-one-way",
            "isolate",
            "slow",
            "reset",
            "skew",
            "disk-full",
            "disk-slow",
            "disk-fails",
            "disk-works",
            "descriptors-exhausted",
            "slow-host",
        ] {
            assert!(seen.contains_key(word), "{seen:?}");
        }
        assert!(draw(1) != draw(2));
    }
}
