//! Redis as the layer: many processes share groups by its pub/sub.

mod frame;
mod link;
mod shared;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::{Client, ConnectionAddr};
use anyloop::sync::{mpsc, oneshot};
use bytes::Bytes;

use crate::error::{Error, ErrorKind};
use crate::feed::Feed;
use crate::layer::{Layer, Opening};
use link::Link;
use shared::{Outgoing, Settings, Shared};

/// How many messages wait for Redis before further ones are refused.
const WAITING: usize = 1024;

const LEAST_EXPIRY: Duration = Duration::from_millis(100);

/// Redis takes none that its scripts do not print as an integer.
const MOST_EXPIRY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A [`Layer`] that shares groups with all processes of one Redis (7, or another server that has
/// RESP3 and scripts), by its pub/sub; history and presence are in it.
///
/// Members of one process hear each other at once, without Redis. While it cannot be reached, they
/// are told that they are [`Away`](crate::Event::Away), up to 1,024 messages wait for it, and
/// further ones are refused with an error of kind [`Layer`](ErrorKind::Layer); it is tried again
/// each time after a pause, which grows to two seconds. Once it is [`Back`](crate::Event::Back),
/// what others said meanwhile is taken from its history, and what is lost is told as a
/// [`Gap`](crate::Event::Gap). A message is never heard twice.
///
/// The members of a process that ends without a word are [`expiry`](Self::expiry) long still
/// present.
///
/// ```no_run
/// use anyloop_channels::{Channels, Redis};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let channels = Channels::builder().layer(Redis::new("redis://127.0.0.1/")?).build();
/// channels.send("coffee", "to all processes")?;
/// # Ok::<_, anyloop_channels::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Redis {
    shared: Arc<Shared>,
    messages: mpsc::Sender<Outgoing>,
    settings: Settings,
    /// Until it is started.
    waiting: Mutex<Option<mpsc::Receiver<Outgoing>>>,
}

impl Redis {
    /// The Redis at a URL: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`. It is reached for once
    /// the channels are built.
    ///
    /// # Errors
    ///
    /// One of kind [`Layer`](ErrorKind::Layer) if that is no such URL.
    pub fn new(url: &str) -> Result<Redis, Error> {
        let refused = |why: String| {
            let form = "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]";
            Error::new(ErrorKind::Layer, format!("{url:?} is no {form}: {why}"))
        };
        let client = Client::open(url).map_err(|error| refused(error.to_string()))?;
        let info = client.get_connection_info().clone();
        if !matches!(info.addr(), ConnectionAddr::Tcp(..)) {
            return Err(refused("only TCP is spoken".to_owned()));
        }
        let settings = Settings {
            info,
            prefix: "channels".to_owned(),
            expiry: Duration::from_secs(10),
            on_error: Arc::new(|_| {}),
        };
        let (messages, waiting) = mpsc::channel(WAITING);
        Ok(Redis { shared: Arc::default(), messages, settings, waiting: Mutex::new(Some(waiting)) })
    }

    /// What its keys and pub/sub channels begin with, so that others on the same Redis have groups
    /// of their own; `channels` if it is not set.
    pub fn prefix(mut self, prefix: &str) -> Redis {
        self.settings.prefix = prefix.to_owned();
        self
    }

    /// How long the members of a process that ended without a word are still present; 10 s if it is
    /// not set, 100 ms at least, and a year at most. Each process tells three times as often that it
    /// is there.
    pub fn expiry(mut self, expiry: Duration) -> Redis {
        self.settings.expiry = expiry.clamp(LEAST_EXPIRY, MOST_EXPIRY);
        self
    }

    /// Calls `tell` with the reason each time that Redis cannot be reached, or is lost. It runs on
    /// the loop, so it must not block. Without it they are passed over.
    pub fn on_error(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Redis {
        self.settings.on_error = Arc::new(tell);
        self
    }
}

impl Layer for Redis {
    fn start(&self, feed: Feed) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(messages) = waiting {
            let link = Link::new(self.settings.clone(), Arc::clone(&self.shared), feed, messages);
            anyloop::spawn(link.run());
        }
    }

    fn send(&self, group: &Arc<str>, message: &Bytes) -> Result<(), Error> {
        self.messages.try_send((Arc::clone(group), message.clone())).map_err(|_| {
            let text = "Redis cannot be reached: only members of this process have the message";
            Error::new(ErrorKind::Layer, text)
        })
    }

    fn keeps_history(&self) -> bool {
        true
    }

    fn changed(&self, group: &Arc<str>) {
        self.shared.lock().entry(Arc::clone(group)).or_default();
        self.shared.news.notify_one();
    }

    fn open<'a>(&'a self, group: &'a Arc<str>) -> Opening<'a> {
        let (done, opened) = oneshot::channel();
        self.shared.lock().entry(Arc::clone(group)).or_default().push(done);
        self.shared.news.notify_one();
        Box::pin(async {
            // Dropped when Redis cannot be reached.
            let _away = opened.await;
        })
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may have a password.
        f.debug_struct("Redis")
            .field("prefix", &self.settings.prefix)
            .field("expiry", &self.settings.expiry)
            .finish_non_exhaustive()
    }
}
