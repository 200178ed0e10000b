//! Readers and writers of one kind as those of the others, in memory and on every loop's own
//! sockets.

mod pairs;
mod recorder;
mod sync_bridge;
mod transfer;
mod unblock;

use loop_api::{EventLoop, Handle};

/// Runs what should long be over by then.
fn run<L: EventLoop, F: Future<Output = ()>>(mut it: L, test: impl FnOnce(L::Handle) -> F) {
    let handle = it.handle().clone();
    let test = handle.timeout(std::time::Duration::from_secs(60), test(handle.clone()));
    it.block_on(test).expect("it to end in a minute");
}
