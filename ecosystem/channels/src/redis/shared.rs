//! What the layer and its link share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::ConnectionInfo;
use anyloop::sync::{Notify, oneshot};
use bytes::Bytes;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) info: ConnectionInfo,
    pub(super) prefix: String,
    pub(super) expiry: Duration,
    pub(super) on_error: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A message, and its group.
pub(super) type Outgoing = (Arc<str>, Bytes);

/// The groups to look at, with those that wait until Redis has been asked.
pub(super) type Changed = BTreeMap<Arc<str>, Vec<oneshot::Sender<()>>>;

/// What the layer asks of its link.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) changed: Mutex<Changed>,
    pub(super) news: Notify,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
