//! Cuts, holds and crashes.

use super::network::Network;
use crate::core::Core;

impl Network {
    /// Cuts one direction between two hosts once more, or heals one cut.
    pub(crate) fn cut(&mut self, core: &Core, from: u32, to: u32, cut: bool) {
        let cuts = &mut self.route(from, to).cuts;
        *cuts = if cut { *cuts + 1 } else { cuts.saturating_sub(1) };
        self.flow(core, from, to);
    }

    /// Isolates a host once more, or ends one isolation.
    pub(crate) fn isolate(&mut self, core: &Core, host: u32, isolate: bool) {
        if let Some(node) = self.node(host) {
            let before = node.isolated;
            node.isolated = if isolate { before + 1 } else { before.saturating_sub(1) };
            self.isolations = self.isolations + u32::from(isolate) - u32::from(!isolate && before > 0);
        }
        for other in 0..self.nodes.len() as u32 {
            self.flow(core, host, other);
            self.flow(core, other, host);
        }
    }

    /// Holds what is sent in one direction, or lets it go.
    pub(crate) fn hold(&mut self, core: &Core, from: u32, to: u32, hold: bool) {
        self.route(from, to).held = hold;
        self.flow(core, from, to);
    }

    /// Sends what waits, if it can go now.
    fn flow(&mut self, core: &Core, from: u32, to: u32) {
        if self.is_cut(from, to) || self.is_held(from, to) {
            return;
        }
        let Some(route) = self.routes.get_mut(&(from, to)) else { return };
        for sent in std::mem::take(&mut route.waiting) {
            // Each end's own, in its order, and after all that it sent before.
            self.send(core, sent.from, sent.to, sent.end, sent.packet);
        }
        if self.is_cut(to, from) {
            return;
        }
        // Answers can come again.
        let here = |hosts| hosts == (from, to) || hosts == (to, from);
        for end in self.ends.values_mut() {
            if here((end.host, end.peer_host)) && end.state == super::end::State::Open {
                if let Some(timer) = end.timer.take() {
                    drop(core.cancel(timer));
                }
            }
        }
    }

    /// The ends of streams of a host, or between two hosts, in the order in which they were made.
    fn ends_of(&self, host: u32, peer: Option<u32>) -> Vec<u64> {
        let of = |(id, end): (&u64, &super::end::End)| {
            (end.host == host && peer.is_none_or(|peer| end.peer_host == peer)).then_some(*id)
        };
        let mut ids: Vec<u64> = self.ends.iter().filter_map(of).collect();
        ids.sort_unstable();
        ids
    }

    /// Resets every connection between two hosts, on both sides at once.
    pub(crate) fn reset_between(&mut self, core: &Core, a: u32, b: u32) {
        for id in self.ends_of(a, Some(b)).into_iter().chain(self.ends_of(b, Some(a))) {
            self.reset(core, id);
        }
    }

    /// A host's process is gone: its peers are told, its ports are free, and who waits for its
    /// sockets elsewhere gets an error.
    pub(crate) fn crash(&mut self, core: &Core, host: u32) {
        let listeners: Vec<u64> =
            self.listeners.iter().filter(|(_, l)| l.host == host).map(|(id, _)| *id).collect();
        for id in listeners {
            if let Some(listener) = self.listeners.get_mut(&id) {
                listener.waiters.move_to(&mut self.wakes);
            }
            self.close_listener(core, id);
        }
        for id in self.ends_of(host, None) {
            if let Some(end) = self.ends.get_mut(&id) {
                end.wake_all(&mut self.wakes);
            }
            // As the kernel of a process that has ended.
            self.close(core, id);
        }
        let sockets: Vec<u64> = self.udp.iter().filter(|(_, s)| s.host == host).map(|(id, _)| *id).collect();
        for id in sockets {
            if let Some(socket) = self.udp.get_mut(&id) {
                socket.waiters.move_to(&mut self.wakes);
            }
            self.close_udp(id);
        }
        #[cfg(unix)]
        self.crash_unix(core, host);
    }
}
