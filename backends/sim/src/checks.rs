//! What has failed, and what was seen to hold.

use std::collections::BTreeMap;

use crate::resources::Resources;

/// The checks of one run.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    failures: Vec<String>,
    /// By name, whether it held at least once.
    sometimes: BTreeMap<String, bool>,
    /// By name, whether this run does what is unusual.
    buggified: BTreeMap<String, bool>,
    /// Hosts that must not leak, and what they had open.
    pub(crate) watched: Vec<(String, Resources)>,
}

impl Checks {
    pub(crate) fn fail(&mut self, message: String) {
        // What fails again and again is told once.
        if !self.failures.contains(&message) {
            self.failures.push(message);
        }
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    pub(crate) fn sometimes(&mut self, name: &str, holds: bool) {
        match self.sometimes.get_mut(name) {
            Some(held) => *held |= holds,
            None => drop(self.sometimes.insert(name.to_owned(), holds)),
        }
    }

    /// Whether something unusual is on in this run: decided when its name is first asked for.
    pub(crate) fn is_buggified(&mut self, name: &str, decide: impl FnOnce() -> bool) -> bool {
        match self.buggified.get(name) {
            Some(on) => *on,
            None => *self.buggified.entry(name.to_owned()).or_insert(decide()),
        }
    }

    pub(crate) fn held(&self) -> &BTreeMap<String, bool> {
        &self.sometimes
    }
}
