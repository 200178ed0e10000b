//! What has failed, and what was seen to hold.

use std::collections::BTreeMap;
use std::iter;

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

/// What kind of failure a message tells of: its first line, where numbers, which differ from run to
/// run, stand for any. A time such as `1.5ms` is a number.
pub(crate) fn kind_of(message: &str) -> String {
    let mut left = message.lines().next().unwrap_or_default().chars().peekable();
    let kind = iter::from_fn(|| {
        let first = left.next()?;
        if !first.is_ascii_digit() {
            return Some(first);
        }
        while left.next_if(|next| next.is_alphanumeric() || *next == '.').is_some() {}
        Some('#')
    });
    kind.collect()
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn numbers_make_no_other_kind_of_failure() {
        let kind = "on host `n#`: nothing after # and #, \u{b1}#";
        assert_eq!(kind_of("on host `n12`: nothing after 7.25ms and 0x1f, \u{b1}3\n  left: 1"), kind);
        assert_eq!(kind_of("on host `n1`: nothing after 1s and 2., \u{b1}30"), kind);
        assert_ne!(kind_of("a is down"), kind_of("b is down"));
        assert_eq!(kind_of(""), "");
    }
}
