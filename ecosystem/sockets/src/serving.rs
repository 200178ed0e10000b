//! A server until it is asked to stop.

use anyloop::net::TcpListener;
use anyloop::sync::watch;
use axum::Router;
use examples::{Limits, Outcome, Stop};

/// Serves what `router` gives until the program is asked to stop, within `limits`. The router's
/// conversations have its argument, by which they are told to end.
///
/// # Errors
///
/// Any error of the signals, the address and the listener.
pub async fn serve(
    name: &str,
    listen: &str,
    limits: Limits,
    router: impl FnOnce(watch::Receiver<()>) -> Router,
) -> Outcome {
    let mut stop = Stop::listen()?;
    let (drain, draining) = watch::channel(());
    let router = router(draining);
    let listener = TcpListener::bind(listen).await?;
    println!("{name} on http://{}", listener.local_addr()?);
    let stopped = async move {
        stop.asked().await;
        drop(drain);
    };
    anyloop_web::serve(listener, router)
        .max_connections(limits.connections)
        .header_timeout(limits.patience)
        .write_timeout(limits.patience)
        .with_graceful_shutdown(stopped)
        .await?;
    println!("all have finished");
    Ok(())
}
