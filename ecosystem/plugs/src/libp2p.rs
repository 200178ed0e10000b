//! libp2p: the tasks of connections.

use std::future::Future;
use std::pin::Pin;

use loop_api::Handle;

use crate::Plug;

impl<H: Handle> libp2p_swarm::Executor for Plug<H> {
    fn exec(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.handle.spawn(future)); // it runs on
    }
}
