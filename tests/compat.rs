//! `anyloop::compat` on every backend: what is wrapped finds tokio, and what is not, and what is
//! inside, stays on its loop.
#![cfg(all(feature = "compat", feature = "macros"))]

use std::time::Duration;

use anyloop::compat::value::IntoDeferred;
use anyloop::runtime::Handle;

/// What a library does that knows only tokio.
async fn library() -> u32 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    tokio::spawn(async { 42 }).await.unwrap()
}

#[anyloop::test]
async fn a_wrapped_future_finds_tokio_in_any_task() {
    let wrapped = anyloop::spawn(anyloop::compat::tokio(library()));
    assert_eq!(wrapped.await.unwrap(), 42);
}

#[anyloop::test]
async fn inside_the_wrapper_the_loop_is_still_the_loop() {
    let outside = Handle::current().backend();
    let inside = anyloop::compat::tokio(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let by_task = anyloop::spawn(async { Handle::current().backend() }).await.unwrap();
        anyloop::time::sleep(Duration::from_millis(1)).await;
        (Handle::current().backend(), by_task)
    });
    assert_eq!(inside.await, (outside, outside));
}

#[anyloop::test]
async fn values_of_tokio_become_deferreds() {
    let output = anyloop::compat::tokio(async {
        let task = tokio::spawn(library()).into_deferred();
        task.await.unwrap()
    });
    assert_eq!(output.await, 42);
}
