//! The ports of a host.

use std::collections::BTreeMap;

/// The first of those that are given out by themselves.
const FIRST: u16 = 49152;

/// Which ports are in use, and by how many sockets.
#[derive(Debug)]
pub(crate) struct Ports {
    used: BTreeMap<u16, u32>,
    next: u16,
    /// By a fault.
    pub(crate) exhausted: bool,
}

/// Which sockets are at a port of a host.
pub(crate) type AtPort = BTreeMap<(u32, u16), Vec<u64>>;

/// Takes a socket from its port.
pub(super) fn leave(at: &mut AtPort, place: (u32, u16), id: u64) {
    if let Some(ids) = at.get_mut(&place) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            at.remove(&place);
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Ports { used: BTreeMap::new(), next: FIRST, exhausted: false }
    }
}

impl Ports {
    pub(crate) fn take(&mut self, port: u16) {
        *self.used.entry(port).or_insert(0) += 1;
    }

    pub(crate) fn free(&mut self, port: u16) {
        if let Some(count) = self.used.get_mut(&port) {
            *count -= 1;
            if *count == 0 {
                self.used.remove(&port);
            }
        }
    }

    /// One that is not in use, if there is one. It is not taken yet.
    pub(crate) fn find(&mut self) -> Option<u16> {
        if self.exhausted {
            return None;
        }
        for _ in FIRST..=u16::MAX {
            let port = self.next;
            self.next = if port == u16::MAX { FIRST } else { port + 1 };
            if !self.used.contains_key(&port) {
                return Some(port);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_can_be_used_and_then_none_is_left() {
        let mut ports = Ports::default();
        for _ in FIRST..=u16::MAX {
            let port = ports.find().unwrap();
            ports.take(port);
        }
        assert_eq!(ports.find(), None);
        ports.free(50_000);
        assert_eq!(ports.find(), Some(50_000));
    }
}
