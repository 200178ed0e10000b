//! What a host has open.

/// What a host has open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resources {
    /// Tasks that are not done.
    pub tasks: usize,
    /// Ends of streams, those that were not accepted yet among them.
    pub streams: usize,
    /// Server sockets.
    pub listeners: usize,
    /// Datagram sockets.
    pub datagram_sockets: usize,
    /// Open files.
    pub files: usize,
}

impl Resources {
    /// What it has more than `before`, in words; `None` if nothing.
    pub(crate) fn more_than(&self, before: &Resources) -> Option<String> {
        let more = [
            (self.tasks, before.tasks, "task"),
            (self.streams, before.streams, "stream"),
            (self.listeners, before.listeners, "server socket"),
            (self.datagram_sockets, before.datagram_sockets, "datagram socket"),
            (self.files, before.files, "open file"),
        ];
        let words = more.into_iter().filter_map(|(now, before, what)| {
            let n = now.saturating_sub(before);
            (n > 0).then(|| format!("{n} {what}{}", if n == 1 { "" } else { "s" }))
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
