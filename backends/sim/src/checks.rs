//! What has failed, and what was seen to hold.

use std::collections::BTreeMap;

/// The checks of one run.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    failures: Vec<String>,
    /// By name, whether it held at least once.
    sometimes: BTreeMap<String, bool>,
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

    pub(crate) fn held(&self) -> &BTreeMap<String, bool> {
        &self.sometimes
    }
}
