//! How long a disk takes, and how large it is.

use std::time::Duration;

use crate::net::link::Latency;

/// A disk of a world: how long what is asked of it takes, and how much it holds.
///
/// ```
/// use loop_sim::{DiskConfig, Latency};
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let disk = DiskConfig::default().syncs(Latency::Uniform(ms(2), ms(10))).capacity(1 << 30);
/// assert_eq!(disk.capacity, Some(1 << 30));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DiskConfig {
    /// What is done by a path: opening, renaming, removing and so on; 10 µs by default.
    pub names: Latency,
    /// A read; 2 µs by default, as of what is in the system's memory.
    pub reads: Latency,
    /// A write, into the system's memory; 2 µs by default.
    pub writes: Latency,
    /// A sync, of a file or a folder; 50 to 100 µs by default.
    pub syncs: Latency,
    /// How many bytes of files it holds, in pages of 4,096; `None` is without limit.
    pub capacity: Option<u64>,
}

impl Default for DiskConfig {
    fn default() -> Self {
        let us = Duration::from_micros;
        DiskConfig {
            names: Latency::Fixed(us(10)),
            reads: Latency::Fixed(us(2)),
            writes: Latency::Fixed(us(2)),
            syncs: Latency::Uniform(us(50), us(100)),
            capacity: None,
        }
    }
}

impl DiskConfig {
    /// Sets [`names`](Self#structfield.names).
    #[must_use = "it gives the disk back, with this one set"]
    pub fn names(mut self, latency: Latency) -> DiskConfig {
        self.names = latency;
        self
    }

    /// Sets [`reads`](Self#structfield.reads).
    #[must_use = "it gives the disk back, with this one set"]
    pub fn reads(mut self, latency: Latency) -> DiskConfig {
        self.reads = latency;
        self
    }

    /// Sets [`writes`](Self#structfield.writes).
    #[must_use = "it gives the disk back, with this one set"]
    pub fn writes(mut self, latency: Latency) -> DiskConfig {
        self.writes = latency;
        self
    }

    /// Sets [`syncs`](Self#structfield.syncs).
    #[must_use = "it gives the disk back, with this one set"]
    pub fn syncs(mut self, latency: Latency) -> DiskConfig {
        self.syncs = latency;
        self
    }

    /// Sets [`capacity`](Self#structfield.capacity).
    #[must_use = "it gives the disk back, with this one set"]
    pub fn capacity(mut self, bytes: u64) -> DiskConfig {
        self.capacity = Some(bytes);
        self
    }
}
