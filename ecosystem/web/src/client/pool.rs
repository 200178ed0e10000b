//! Connections that wait for the next request.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyloop::time::Instant;

use super::connect::Sender;
use super::target::Origin;

#[derive(Default)]
pub(crate) struct Pool {
    kept: Mutex<HashMap<Origin, VecDeque<Kept>>>,
}

struct Kept {
    sender: Sender,
    since: Instant,
}

impl Pool {
    /// A kept connection that is still open, the one used last first: HTTP/1's is taken out,
    /// HTTP/2's is shared.
    pub(super) fn take(&self, origin: &Origin, idle: Duration) -> Option<Sender> {
        let mut kept = self.lock();
        let of_host = kept.get_mut(origin)?;
        of_host.retain(|kept| kept.since.elapsed() < idle && !kept.sender.is_closed());
        let sender = match of_host.pop_back() {
            Some(Kept { sender: Sender::Http2(sender), .. }) => {
                let kept = Kept { sender: Sender::Http2(sender.clone()), since: Instant::now() };
                of_host.push_back(kept);
                Some(Sender::Http2(sender))
            }
            other => other.map(|kept| kept.sender),
        };
        if of_host.is_empty() {
            kept.remove(origin);
        }
        sender
    }

    /// Keeps a connection, the oldest in its place if there are too many; of HTTP/2 one is enough.
    pub(super) fn put(&self, origin: &Origin, sender: Sender, most: usize) {
        let mut kept = self.lock();
        let of_host = kept.entry(origin.clone()).or_default();
        if matches!(sender, Sender::Http2(_)) {
            of_host.retain(|kept| matches!(kept.sender, Sender::Http1(_)));
        }
        of_host.push_back(Kept { sender, since: Instant::now() });
        while of_host.len() > most {
            of_host.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, VecDeque<Kept>>> {
        // Nothing in here panics half way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.lock();
        f.debug_map().entries(kept.iter().map(|(origin, kept)| (origin, kept.len()))).finish()
    }
}
