//! The one place where a world chooses: drawn from the seed, or repeated from a recording.

use crate::rng::Rng;

/// What a choice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChoiceKind {
    /// Which ready task runs.
    Task,
    /// Which of the timers of one moment fires first.
    Tie,
    /// How long a packet takes.
    Latency,
    /// Whether a packet is lost.
    Loss,
    /// Whether a datagram comes twice.
    Duplicate,
    /// How much of what is there a read gives.
    Segment,
    /// A number that the program asked for.
    Random,
    /// The faults of a drawn plan.
    Plan,
    /// Whether the program does something unusual, where it asks.
    Buggify,
    /// How long a call of a disk takes.
    Disk,
    /// What has come to a disk of what was not synced.
    Crash,
}

const KINDS: usize = 11;

/// One choice: of how many, and which. Zero is always the quiet one: the first task, the shortest
/// latency, no loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) of: u64,
    pub(crate) at: u64,
}

/// The choices of a run, by kind: what replays it without its seed, and what is made smaller when a
/// failure is shrunk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    kinds: [Vec<Chosen>; KINDS],
}

impl Recording {
    /// How many choices there were that were not the quiet one.
    ///
    /// ```
    /// assert_eq!(loop_sim::Recording::default().noise(), 0);
    /// ```
    pub fn noise(&self) -> usize {
        self.kinds.iter().flatten().filter(|chosen| chosen.at != 0).count()
    }

    /// The choices of one kind.
    pub(crate) fn of_kind(&self, kind: ChoiceKind) -> &[Chosen] {
        &self.kinds[kind as usize]
    }

    /// The same to be changed.
    pub(crate) fn of_kind_mut(&mut self, kind: ChoiceKind) -> &mut Vec<Chosen> {
        &mut self.kinds[kind as usize]
    }
}

/// Makes all choices of a world.
#[derive(Debug)]
pub(crate) struct Oracle {
    /// One for each kind: that a plan is given and not drawn does not change the order of tasks.
    rngs: [Rng; KINDS],
    script: Option<(Recording, [usize; KINDS])>,
    record: Option<Recording>,
}

impl Oracle {
    pub(crate) fn new(seed: u64, script: Option<Recording>, record: bool) -> Oracle {
        let script = script.map(|script| (script, [0; KINDS]));
        let mut seeds = Rng::new(seed);
        let rngs = std::array::from_fn(|_| Rng::new(seeds.next_u64()));
        Oracle { rngs, script, record: record.then(Recording::default) }
    }

    /// Whether the choices come from a recording.
    pub(crate) fn is_scripted(&self) -> bool {
        self.script.is_some()
    }

    /// One of `of`, by its number.
    pub(crate) fn pick(&mut self, kind: ChoiceKind, of: u64) -> u64 {
        if of <= 1 {
            return 0;
        }
        let at = match &mut self.script {
            None => self.rngs[kind as usize].below(of),
            Some((script, next)) => {
                let place = &mut next[kind as usize];
                *place += 1;
                // Past the end, or where the run has gone another way, the quiet choice.
                script.kinds[kind as usize].get(*place - 1).map_or(0, |chosen| chosen.at.min(of - 1))
            }
        };
        self.note(kind, of, at);
        at
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, kind: ChoiceKind, probability: f64) -> bool {
        const OF: u64 = 1 << 32;
        if probability <= 0.0 {
            return false;
        }
        // The quiet choice, zero, is no.
        let no = OF - (probability.min(1.0) * OF as f64) as u64;
        self.pick(kind, OF) >= no
    }

    /// A number that is not recorded, for those who record what they make of it.
    pub(crate) fn draw(&mut self, kind: ChoiceKind, of: u64) -> u64 {
        self.rngs[kind as usize].below(of)
    }

    /// Records what was made of numbers drawn.
    pub(crate) fn note(&mut self, kind: ChoiceKind, of: u64, at: u64) {
        if let Some(record) = &mut self.record {
            record.kinds[kind as usize].push(Chosen { of, at });
        }
    }

    /// What was recorded so far.
    pub(crate) fn recording(&self) -> Option<Recording> {
        self.record.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_repeats_what_was_drawn_and_is_quiet_after_its_end() {
        let mut drawn = Oracle::new(7, None, true);
        let first: Vec<u64> = (0..20).map(|n| drawn.pick(ChoiceKind::Task, 2 + n)).collect();
        let loss: Vec<bool> = (0..20).map(|_| drawn.chance(ChoiceKind::Loss, 0.5)).collect();
        let recording = drawn.recording().unwrap();
        let mut again = Oracle::new(8, Some(recording.clone()), true);
        // Kinds do not disturb one another.
        assert_eq!((0..20).map(|_| again.chance(ChoiceKind::Loss, 0.5)).collect::<Vec<_>>(), loss);
        assert_eq!((0..20).map(|n| again.pick(ChoiceKind::Task, 2 + n)).collect::<Vec<_>>(), first);
        assert_eq!(again.recording().unwrap(), recording);
        assert_eq!(again.pick(ChoiceKind::Task, 9), 0);
        assert!(loss.contains(&true) && loss.contains(&false));
    }

    #[test]
    fn what_is_certain_is_certain() {
        let mut oracle = Oracle::new(1, None, false);
        assert!((0..100).all(|_| oracle.chance(ChoiceKind::Loss, 1.0)));
        assert!((0..100).all(|_| !oracle.chance(ChoiceKind::Loss, 0.0)));
    }
}
