//! tower's middleware that spawns and waits, and tokio-util.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LinesCodec};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::time::DelayQueue;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{Env, Meter, Outcome, ensure, ensure_eq};

pub(super) async fn tower(_: Env, meter: Meter) -> Outcome {
    let double = service_fn(async |n: u64| {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(n * 2)
    });
    // The buffer's worker is a task of its own, and the time limit a timer.
    let builder = ServiceBuilder::new().buffer(4).timeout(Duration::from_secs(20)).concurrency_limit(2);
    let service = builder.service(tower::util::BoxService::new(double));
    meter
        .each(async || {
            let calls = (0..8).map(|n| service.clone().oneshot(n));
            let answers = futures_util::future::try_join_all(calls).await?;
            ensure_eq!(answers, [0, 2, 4, 6, 8, 10, 12, 14]);
            Ok(())
        })
        .await?;
    let never = service_fn(async |(): ()| std::future::pending::<Result<(), Infallible>>().await);
    let mut never = ServiceBuilder::new().timeout(Duration::from_millis(1)).service(never);
    let late = never.ready().await?.call(()).await;
    ensure!(
        late.is_err_and(|error| error.is::<tower::timeout::error::Elapsed>()),
        "the time limit does not hold"
    );
    Ok(())
}

pub(super) async fn tokio_util(_: Env, meter: Meter) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr()?), listener.accept());
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let stopped = stop.clone();
    let mut server = Framed::new(server?.0, LinesCodec::new());
    tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
        while let Some(Ok(line)) = server.next().await {
            if server.send(line).await.is_err() {
                return;
            }
        }
    }));
    tracker.close();
    let mut lines = Framed::new(client?, LinesCodec::new());
    let mut queue = DelayQueue::new();
    meter
        .each(async || {
            lines.send("ciao").await?;
            ensure_eq!(lines.next().await.ok_or("the end")??, "ciao");
            queue.insert("due", Duration::from_millis(1));
            ensure_eq!(queue.next().await.ok_or("empty")?.into_inner(), "due");
            Ok(())
        })
        .await?;
    stopped.cancel();
    tracker.wait().await;
    Ok(())
}
