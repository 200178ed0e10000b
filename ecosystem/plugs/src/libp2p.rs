//! libp2p: the tasks of connections.
//!
//! ```
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop::sync::oneshot;
//! use anyloop_plugs::Plug;
//! use libp2p_swarm::{Config, Executor};
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     let (sender, receiver) = oneshot::channel();
//!     plug.exec(Box::pin(async move { sender.send(7).expect("it is waited for") }));
//!     assert_eq!(receiver.await, Ok(7));
//!     // What a `Swarm` is made with.
//!     let _config = Config::with_executor(plug);
//! });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::future::Future;
use std::pin::Pin;

use loop_api::Handle;

use crate::Plug;

impl<H: Handle> libp2p_swarm::Executor for Plug<H> {
    fn exec(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.handle.spawn(future)); // it runs on
    }
}
