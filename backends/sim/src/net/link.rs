//! What the network between two hosts does to what is sent over it.

use std::time::Duration;

use crate::oracle::{ChoiceKind, Oracle};

/// How long a packet, or a call of a disk, takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Latency {
    /// Always as long.
    Fixed(Duration),
    /// Anything between the two, each as likely.
    Uniform(Duration, Duration),
    /// The first, and up to the second more; each second packet up to twice that, each fourth up to
    /// four times, and so on to 64 times: most are fast and a few are very late.
    LongTail(Duration, Duration),
}

/// 36 years at most: several of them are added to a time.
pub(crate) fn nanos(duration: Duration) -> u64 {
    const MOST: u64 = u64::MAX / 16;
    u64::try_from(duration.as_nanos()).unwrap_or(MOST).min(MOST)
}

impl Latency {
    pub(crate) fn draw(&self, kind: ChoiceKind, oracle: &mut Oracle) -> u64 {
        match *self {
            Latency::Fixed(time) => nanos(time),
            Latency::Uniform(least, most) => {
                let span = nanos(most).saturating_sub(nanos(least));
                nanos(least) + oracle.pick(kind, span.saturating_add(1))
            }
            Latency::LongTail(least, more) => {
                // Doublings are the zeros at the end of a number; 63 of 64 picks, so that zero is short.
                let doublings = (!oracle.pick(kind, 64)).trailing_zeros().min(6);
                let span = nanos(more.saturating_mul(1 << doublings));
                nanos(least) + oracle.pick(kind, span.saturating_add(1))
            }
        }
    }
}

/// A link between two hosts, one direction.
///
/// ```
/// use loop_sim::{Latency, Link};
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let link = Link::default().latency(Latency::Uniform(ms(1), ms(20))).loss(0.01).bandwidth(1_000_000);
/// assert_eq!(link.loss, 0.01);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Link {
    /// How long a packet takes; a millisecond by default.
    pub latency: Latency,
    /// Which part of the packets is lost, 0 to 1. A datagram is gone; a segment of a stream is sent
    /// again after 200 ms, then 400 ms, and so on, until the connection [gives
    /// up](NetConfig::give_up).
    pub loss: f64,
    /// Which part of the datagrams comes twice, 0 to 1.
    pub duplicate: f64,
    /// How many bytes it carries in a second; `None`, or zero, is without limit. A link that carries
    /// nothing is [cut](crate::Fault::cut).
    pub bandwidth: Option<u64>,
}

impl Default for Link {
    fn default() -> Self {
        let latency = Latency::Fixed(Duration::from_millis(1));
        Link { latency, loss: 0.0, duplicate: 0.0, bandwidth: None }
    }
}

/// What is wrong with the part of something that is lost and so on, if it is none.
fn wrong_part(name: &str, part: f64) -> Option<String> {
    let message = || format!("`{name}` is {part}: set it to a part of all, from 0 to 1");
    (!(0.0..=1.0).contains(&part)).then(message)
}

impl Link {
    /// What is wrong with it, if something is.
    pub(crate) fn wrong(&self) -> Option<String> {
        wrong_part("Link::loss", self.loss).or_else(|| wrong_part("Link::duplicate", self.duplicate))
    }

    /// Sets [`latency`](Self::latency).
    #[must_use = "it gives the link back, with this one set"]
    pub fn latency(mut self, latency: Latency) -> Link {
        self.latency = latency;
        self
    }

    /// Sets [`loss`](Self::loss).
    #[must_use = "it gives the link back, with this one set"]
    pub fn loss(mut self, loss: f64) -> Link {
        self.loss = loss;
        self
    }

    /// Sets [`duplicate`](Self::duplicate).
    #[must_use = "it gives the link back, with this one set"]
    pub fn duplicate(mut self, duplicate: f64) -> Link {
        self.duplicate = duplicate;
        self
    }

    /// Sets [`bandwidth`](Self::bandwidth).
    ///
    /// # Panics
    ///
    /// If it is zero.
    ///
    /// ```should_panic
    /// loop_sim::Link::default().bandwidth(0); // panics: cut it instead
    /// ```
    #[must_use = "it gives the link back, with this one set"]
    #[track_caller]
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Link {
        assert!(
            bytes_per_second > 0,
            "a link of 0 bytes a second carries nothing: use Fault::cut for that, and do not set the bandwidth \
             of a link without limit"
        );
        self.bandwidth = Some(bytes_per_second);
        self
    }
}

/// The network of a world.
///
/// ```
/// use loop_sim::NetConfig;
///
/// assert!(NetConfig::rough().link.loss > 0.0);
/// assert_eq!(NetConfig::default().link.loss, 0.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NetConfig {
    /// Between hosts.
    pub link: Link,
    /// How long a packet takes within a host; 10 µs by default.
    pub loopback: Duration,
    /// How much a receiver of a stream buffers, in bytes, where the program sets no other; 64 KiB
    /// by default.
    pub window: usize,
    /// How much of a stream goes in one packet, in bytes; `None` is as much as was written at once.
    pub segment: Option<usize>,
    /// How often a read gives less than what is there, 0 to 1.
    pub short_reads: f64,
    /// How many datagrams a socket keeps that were not received; 256 by default.
    pub datagrams: usize,
    /// After how long without an answer a connection ends with `TimedOut`; a minute by default. A
    /// kernel takes some fifteen.
    pub give_up: Duration,
}

impl Default for NetConfig {
    fn default() -> Self {
        NetConfig {
            link: Link::default(),
            loopback: Duration::from_micros(10),
            window: 64 * 1024,
            segment: None,
            short_reads: 0.0,
            datagrams: 256,
            give_up: Duration::from_secs(60),
        }
    }
}

impl NetConfig {
    /// What is wrong with it, if something is.
    pub(crate) fn wrong(&self) -> Option<String> {
        let nothing =
            || "`NetConfig::window` is 0: no stream would carry anything; set it to 1 or more".to_owned();
        let window = (self.window == 0).then(nothing);
        window
            .or_else(|| wrong_part("NetConfig::short_reads", self.short_reads))
            .or_else(|| self.link.wrong())
    }

    /// How long each packet takes, where nothing is chosen: within a host, or between two.
    pub(crate) fn fixed(&self, is_loopback: bool) -> Option<u64> {
        match self.link {
            _ if is_loopback => Some(nanos(self.loopback)),
            Link { latency: Latency::Fixed(time), loss, bandwidth: None, .. } if loss <= 0.0 => {
                Some(nanos(time))
            }
            _ => None,
        }
    }

    /// A network on a bad day: 1 to 20 ms with a long tail, 2 % of loss, 1 % of datagrams twice,
    /// packets of 1,460 bytes, and reads that give a part of what is there.
    pub fn rough() -> NetConfig {
        let ms = Duration::from_millis;
        NetConfig {
            link: Link::default().latency(Latency::LongTail(ms(1), ms(10))).loss(0.02).duplicate(0.01),
            segment: Some(1460),
            short_reads: 0.25,
            ..NetConfig::default()
        }
    }
}
