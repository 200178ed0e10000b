//! Faults with their times.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::duration::{parse_duration, print_duration};
use crate::fault::{Fault, ParseError};

/// Faults, each with the time since the world began at which it happens.
///
/// ```
/// use loop_sim::{Fault, Plan};
/// use std::time::Duration;
///
/// let plan: Plan = "
///     2s crash server
///     3500ms restart server   # the log is replayed
/// ".parse()?;
/// assert_eq!(plan, Plan::new()
///     .at(Duration::from_secs(2), Fault::crash("server"))
///     .at(Duration::from_millis(3500), Fault::restart("server")));
/// assert_eq!(plan.to_string().parse::<Plan>()?, plan);
/// # Ok::<(), loop_sim::ParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub(crate) faults: Vec<(Duration, Fault)>,
}

impl Plan {
    /// Without faults.
    pub fn new() -> Plan {
        Plan::default()
    }

    /// With one more.
    #[must_use = "it gives the plan back, with the fault in it"]
    pub fn at(mut self, time: Duration, fault: Fault) -> Plan {
        self.faults.push((time, fault));
        self
    }

    /// The faults, in the order in which they were put in.
    pub fn faults(&self) -> &[(Duration, Fault)] {
        &self.faults
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// When the last one happens.
    pub fn end(&self) -> Duration {
        self.faults.iter().map(|(at, _)| *at).max().unwrap_or_default()
    }

    /// As Rust source, for the [`Builder::plan`](crate::Builder::plan) of a regression test.
    ///
    /// ```
    /// use loop_sim::{Builder, Fault, Plan};
    ///
    /// let plan = Plan::new().at(std::time::Duration::from_secs(2), Fault::crash("server"));
    /// assert_eq!(plan.to_rust(), "\"2s crash server\\n\".parse().unwrap()");
    /// let builder = Builder::new().plan("2s crash server\n".parse().unwrap());
    /// ```
    pub fn to_rust(&self) -> String {
        format!("{:?}.parse().unwrap()", self.to_string())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in &self.faults {
            writeln!(f, "{} {fault}", print_duration(*at))?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Plan, ParseError> {
        let mut plan = Plan::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let told = |error: &str| ParseError(format!("line {} of the plan: {error}", number + 1));
            let (time, fault) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let time = parse_duration(time).ok_or_else(|| {
                told(&format!(
                    "`{time}` is not a time: write a whole number and a unit, such as `2s` or `1500ms`"
                ))
            })?;
            plan.faults.push((time, fault.parse().map_err(|error: ParseError| told(&error.0))?));
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::DiskCall;

    #[test]
    fn every_fault_prints_and_parses() {
        let ms = Duration::from_millis;
        let faults = [
            Fault::crash("a"),
            Fault::restart("a"),
            Fault::pause("a"),
            Fault::resume("a"),
            Fault::cut("a", "b"),
            Fault::heal("a", "b"),
            Fault::cut_one_way("a", "b"),
            Fault::heal_one_way("a", "b"),
            Fault::isolate("a"),
            Fault::rejoin("a"),
            Fault::hold("a", "b"),
            Fault::release("a", "b"),
            Fault::slow("a", "b", ms(30)),
            Fault::slow_host("a", ms(2)),
            Fault::skew("a", -7),
            Fault::drift("a", 200),
            Fault::reset("a", "b"),
            Fault::name_fails("a"),
            Fault::name_works("a"),
            Fault::ports_exhausted("a"),
            Fault::ports_freed("a"),
            Fault::signal("a", "SIGTERM"),
            Fault::wipe("a"),
            Fault::disk_full("a"),
            Fault::disk_freed("a"),
            Fault::disk_slow("a", ms(5)),
            Fault::disk_fails("a", DiskCall::Reads),
            Fault::disk_fails("a", DiskCall::Writes),
            Fault::disk_works("a", DiskCall::Syncs),
            Fault::sync_lies("a"),
            Fault::sync_honest("a"),
            Fault::descriptors_exhausted("a"),
            Fault::descriptors_freed("a"),
        ];
        let mut plan = Plan::new();
        for (n, fault) in faults.into_iter().enumerate() {
            plan = plan.at(ms(n as u64), fault);
        }
        assert_eq!(plan.to_string().parse::<Plan>().unwrap(), plan);
    }

    #[test]
    fn what_does_not_parse_says_where_and_what_would() {
        let says = |text: &str, words: &str| {
            let error = text.parse::<Plan>().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        says("\n-2s crash a", "line 2 of the plan: `-2s` is not a time");
        says("2s explode a", "there is no fault `explode`: it is one of crash, restart");
        says("2s slow a b soon", "write `slow HOST HOST TIME`");
        says("2s disk-fails a all", "write `disk-fails HOST reads|writes|syncs`");
        says("2s", "a fault is a word");
        says("2s signal a SIGNOTHING", "write `signal HOST SIGNAL, such as SIGTERM`");
    }
}
