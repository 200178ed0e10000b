use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyloop::runtime::Handle;
use anyloop_plugs::Plug;
use futures::FutureExt;
use opendal_core::raw::BoxedStaticFuture;
use opendal_core::{Execute, Executor, OperationContext, Operator, services};

use crate::support::plug;

/// The plug, and how often it was asked.
struct Counting {
    plug: Plug<Handle>,
    tasks: Arc<AtomicUsize>,
}

impl Execute for Counting {
    fn execute(&self, future: BoxedStaticFuture<()>) {
        self.tasks.fetch_add(1, Ordering::Relaxed);
        self.plug.execute(future);
    }
}

#[anyloop::test]
async fn parts_are_read_by_tasks_of_the_loop() {
    let tasks = Arc::new(AtomicUsize::new(0));
    let executor = Executor::with(Counting { plug: plug(), tasks: tasks.clone() });
    let context = OperationContext::new().with_executor(executor);
    let storage = Operator::new(services::Memory::default()).unwrap().with_context(context);
    let written: Vec<u8> = (0..64 * 1024).map(|i| (i % 251) as u8).collect();
    storage.write("cup", written.clone()).await.unwrap();
    let read = storage.read_with("cup").chunk(4096).concurrent(4).await.unwrap();
    assert!(read.to_vec() == written, "not what was written");
    assert!(tasks.load(Ordering::Relaxed) > 1, "{} tasks", tasks.load(Ordering::Relaxed));
}

#[test]
fn parts_that_a_closed_loop_does_not_read_are_a_panic_and_no_hang() {
    let closed = anyloop::runtime::Runtime::new().unwrap();
    let context = OperationContext::new().with_executor(Executor::with(Plug::new(closed.handle().clone())));
    drop(closed);
    let storage = Operator::new(services::Memory::default()).unwrap().with_context(context);
    let work = async {
        storage.write("cup", vec![7; 64]).await.unwrap();
        storage.read_with("cup").chunk(8).concurrent(4).await
    };
    let mut other = anyloop::runtime::Runtime::new().unwrap();
    let read = other.block_on(AssertUnwindSafe(work).catch_unwind());
    assert!(read.is_err(), "OpenDAL has no error for it");
}
