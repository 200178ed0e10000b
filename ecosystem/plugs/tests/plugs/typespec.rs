use std::sync::Arc;
use std::time::Instant;

use anyloop::sync::oneshot;
use typespec_client_core::async_runtime::AsyncRuntime;
use typespec_client_core::time::Duration;

use crate::support::plug;

/// As the SDK holds it.
fn runtime() -> Arc<dyn AsyncRuntime> {
    Arc::new(plug())
}

#[anyloop::test]
async fn tasks_of_the_sdk_end_are_aborted_and_run_on_when_they_are_dropped() {
    let runtime = runtime();
    let (sender, receiver) = oneshot::channel();
    let ended = runtime.spawn(Box::pin(async move { sender.send(7).unwrap() }));
    assert_eq!(receiver.await, Ok(7));
    ended.abort();
    assert!(ended.await.is_ok(), "what has ended is not aborted");

    let (sender, receiver) = oneshot::channel::<()>();
    let endless = runtime.spawn(Box::pin(async move {
        let _sender = sender;
        std::future::pending().await
    }));
    endless.abort();
    assert!(endless.await.is_err());
    assert!(receiver.await.is_err(), "what the task held is dropped");

    let panicked = runtime.spawn(Box::pin(async { panic!("on purpose") }));
    assert!(panicked.await.unwrap_err().to_string().contains("on purpose"));

    let (sender, receiver) = oneshot::channel();
    drop(runtime.spawn(Box::pin(async move { sender.send(8).unwrap() })));
    assert_eq!(receiver.await, Ok(8));
}

#[anyloop::test]
async fn pauses_of_the_sdk_are_as_long_as_it_says() {
    const SHORT: std::time::Duration = std::time::Duration::from_millis(2);
    let runtime = runtime();
    let begun = Instant::now();
    runtime.sleep(Duration::milliseconds(3)).await;
    assert!(begun.elapsed() >= Duration::milliseconds(3));
    runtime.sleep(Duration::seconds(-1)).await;
    let forever = anyloop::time::timeout(SHORT, runtime.sleep(Duration::MAX)).await;
    assert!(forever.is_err());
}

#[anyloop::test]
async fn a_yield_of_the_sdk_lets_another_task_run() {
    let runtime = runtime();
    let (sender, mut receiver) = oneshot::channel();
    drop(runtime.spawn(Box::pin(async move { sender.send(()).unwrap() })));
    while receiver.try_recv().is_err() {
        runtime.yield_now().await;
    }
}
