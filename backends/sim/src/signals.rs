//! The signals of a host: their names, who listens to them, and what they do where no one does.

use std::collections::BTreeMap;
use std::task::{Poll, Waker};

use loop_api::signal::SignalKind;

/// The signals that have names in plans.
#[cfg(unix)]
const NAMES: [(&str, SignalKind); 18] = {
    use rustix::process::Signal as Raw;
    const fn raw(signal: Raw) -> SignalKind {
        SignalKind::from_raw(signal.as_raw())
    }
    [
        ("SIGHUP", SignalKind::hangup()),
        ("SIGINT", SignalKind::interrupt()),
        ("SIGQUIT", SignalKind::quit()),
        ("SIGABRT", raw(Raw::ABORT)),
        ("SIGKILL", raw(Raw::KILL)),
        ("SIGUSR1", SignalKind::user_defined1()),
        ("SIGUSR2", SignalKind::user_defined2()),
        ("SIGPIPE", SignalKind::pipe()),
        ("SIGALRM", SignalKind::alarm()),
        ("SIGTERM", SignalKind::terminate()),
        ("SIGCHLD", SignalKind::child()),
        ("SIGCONT", raw(Raw::CONT)),
        ("SIGSTOP", raw(Raw::STOP)),
        ("SIGTSTP", raw(Raw::TSTP)),
        ("SIGTTIN", raw(Raw::TTIN)),
        ("SIGTTOU", raw(Raw::TTOU)),
        ("SIGURG", raw(Raw::URG)),
        ("SIGWINCH", SignalKind::window_change()),
    ]
};
#[cfg(not(unix))]
const NAMES: [(&str, SignalKind); 4] = [
    ("SIGINT", SignalKind::CtrlC),
    ("SIGBREAK", SignalKind::CtrlBreak),
    ("SIGHUP", SignalKind::CtrlClose),
    ("SIGTERM", SignalKind::CtrlShutdown),
];

/// The signal of a name, or on unix of a number.
pub(crate) fn by_name(name: &str) -> Option<SignalKind> {
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    #[cfg(unix)]
    let known = known.or_else(|| name.parse().ok().map(SignalKind::from_raw).filter(|kind| exists(*kind)));
    known
}

/// A name that [`by_name`] knows.
pub(crate) fn name_of(kind: SignalKind) -> String {
    let known = NAMES.iter().find(|(_, known)| *known == kind);
    #[cfg(unix)]
    return known.map_or_else(|| kind.as_raw_value().to_string(), |(name, _)| (*name).to_owned());
    #[cfg(not(unix))]
    known.map_or_else(|| format!("{kind:?}"), |(name, _)| (*name).to_owned())
}

/// Names, for messages.
pub(crate) fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

#[cfg(unix)]
fn exists(kind: SignalKind) -> bool {
    (1..=64).contains(&kind.as_raw_value())
}

/// Why a program may not listen to a signal, if it may not.
pub(crate) fn refusal(kind: SignalKind) -> Option<String> {
    #[cfg(unix)]
    {
        use rustix::process::Signal as Raw;
        let number = kind.as_raw_value();
        let forbidden = [Raw::KILL, Raw::STOP, Raw::ILL, Raw::FPE, Raw::SEGV].map(Raw::as_raw);
        if forbidden.contains(&number) {
            return Some(format!(
                "signal {number} cannot be listened to: SIGKILL and SIGSTOP never come to a handler, and \
                 SIGILL, SIGFPE and SIGSEGV are about the thread that they stop"
            ));
        }
        if !exists(kind) {
            return Some(format!("signal {number} cannot be listened to: there is none of that number"));
        }
    }
    let _ = kind;
    None
}

/// What a signal does to a program that never listened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Default {
    /// It ends the program.
    End,
    /// It stops it.
    Stop,
    /// It has it go on, if it was stopped.
    Continue,
    /// Nothing.
    Ignore,
}

/// What the system does at a signal by itself.
pub(crate) fn default(kind: SignalKind) -> Default {
    let name = NAMES.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name);
    match name {
        "SIGSTOP" | "SIGTSTP" | "SIGTTIN" | "SIGTTOU" => Default::Stop,
        "SIGCONT" => Default::Continue,
        // Rust programs ignore SIGPIPE from their start.
        "SIGCHLD" | "SIGURG" | "SIGWINCH" | "SIGPIPE" => Default::Ignore,
        _ => Default::End,
    }
}

#[derive(Debug)]
struct Listener {
    kind: SignalKind,
    /// One has come and was not given.
    told: bool,
    waker: Option<Waker>,
}

/// Who listens on a host, from its start to its crash.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    listeners: BTreeMap<u64, Listener>,
    /// The kinds that were ever listened to: the system's own answer to them does not come back.
    handled: Vec<SignalKind>,
    closed: bool,
}

impl Signals {
    pub(crate) fn listen(&mut self, id: u64, kind: SignalKind) {
        if !self.handled.contains(&kind) {
            self.handled.push(kind);
        }
        self.listeners.insert(id, Listener { kind, told: false, waker: None });
    }

    /// Takes a listener out, with its waker, to be dropped without a lock.
    #[must_use = "it is dropped where no lock is held"]
    pub(crate) fn leave(&mut self, id: u64) -> Option<Waker> {
        self.listeners.remove(&id)?.waker
    }

    /// Whether a signal has come for a listener, which waits with `waker` if not. The second is a
    /// waker to be dropped without a lock.
    pub(crate) fn poll(&mut self, id: u64, waker: Waker) -> (Poll<Option<()>>, Option<Waker>) {
        match self.listeners.get_mut(&id) {
            Some(listener) if !self.closed => {
                if std::mem::take(&mut listener.told) {
                    (Poll::Ready(Some(())), Some(waker))
                } else {
                    (Poll::Pending, listener.waker.replace(waker))
                }
            }
            _ => (Poll::Ready(None), Some(waker)),
        }
    }

    /// Tells all who listen to a signal; gives their wakers. `None` if the system's own answer is in
    /// force.
    pub(crate) fn raise(&mut self, kind: SignalKind) -> Option<Vec<Waker>> {
        if !self.handled.contains(&kind) {
            return None;
        }
        let told = self.listeners.values_mut().filter(|listener| listener.kind == kind);
        Some(
            told.filter_map(|listener| {
                listener.told = true;
                listener.waker.take()
            })
            .collect(),
        )
    }

    /// The host has ended. Gives the wakers of all who wait.
    pub(crate) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.listeners.values_mut().filter_map(|listener| listener.waker.take()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_one_signal() {
        for (name, kind) in NAMES {
            assert_eq!((by_name(name), name_of(kind).as_str()), (Some(kind), name));
        }
        assert_eq!(by_name("SIGNOTHING"), None);
        #[cfg(unix)]
        assert_eq!(
            (by_name("34"), by_name("0"), by_name("65")),
            (Some(SignalKind::from_raw(34)), None, None)
        );
    }
}
