//! The settings of channels.

use crate::layer::{Layer, Memory};
use crate::settings::{Settings, Slow};

/// Sets limits, and the layer that other processes are reached by.
///
/// What is kept is bounded by [`queue`](Self::queue) and [`history`](Self::history) messages of
/// [`max_message`](Self::max_message) bytes for each of [`max_groups`](Self::max_groups).
///
/// ```
/// use anyloop_channels::{Channels, Slow};
///
/// let channels = Channels::builder().queue(1000).history(0).slow(Slow::Disconnect).build();
/// channels.send("coffee", "ciao")?;
/// assert_eq!(channels.history("coffee")?, [""; 0]);
/// # Ok::<(), anyloop_channels::Error>(())
/// ```
#[derive(Debug)]
pub struct Builder {
    pub(crate) settings: Settings,
    pub(crate) layer: Box<dyn Layer>,
}

impl Default for Builder {
    fn default() -> Builder {
        let settings = Settings {
            queue: 64,
            history: 50,
            max_message: 64 * 1024,
            max_groups: 10_000,
            slow: Slow::default(),
            announce: true,
        };
        Builder { settings, layer: Box::new(Memory) }
    }
}

impl Builder {
    /// How many events a member may be behind before it misses some; 64 if it is not set, one at
    /// least and 65,536 at most, rounded up to a power of two. A group with members takes some 80
    /// bytes for each, and what the messages are long.
    pub fn queue(mut self, events: usize) -> Builder {
        self.settings.queue = events.clamp(1, 1 << 16);
        self
    }

    /// How many messages a group keeps for those that join later; 50 if it is not set. With 0,
    /// groups without members take no memory.
    pub fn history(mut self, messages: usize) -> Builder {
        self.settings.history = messages;
        self
    }

    /// How many bytes a message may have; 64 KiB if it is not set.
    pub fn max_message(mut self, bytes: usize) -> Builder {
        self.settings.max_message = bytes;
        self
    }

    /// How many groups there may be; 10,000 if it is not set, and one at least. Where a further one
    /// is used, the history of the group that was used longest ago of those without members is
    /// forgotten; if all have members, it is an error.
    pub fn max_groups(mut self, groups: usize) -> Builder {
        self.settings.max_groups = groups.max(1);
        self
    }

    /// What becomes of members that are too slow; they are told if it is not set.
    pub fn slow(mut self, slow: Slow) -> Builder {
        self.settings.slow = slow;
        self
    }

    /// Whether members are told who [joins](crate::Event::Joined) and [leaves](crate::Event::Left);
    /// they are if it is not set. A group of n members has n² of these while it fills.
    pub fn announce(mut self, announce: bool) -> Builder {
        self.settings.announce = announce;
        self
    }

    /// What other processes are reached by; none are if it is not set.
    pub fn layer(mut self, layer: impl Layer) -> Builder {
        self.layer = Box::new(layer);
        self
    }
}
