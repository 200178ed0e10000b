//! A clock that is stopped, as tokio's tests know it: on native and tokio.
#![cfg(all(feature = "test-util", feature = "macros", feature = "sync"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyloop::runtime::{Backend, Builder};
use anyloop::time::{self, Duration, Instant, interval, sleep, timeout};

const HOUR: Duration = Duration::from_secs(3600);

#[anyloop::test(start_paused = true)]
async fn the_clock_stands_still_until_it_is_moved() {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(Instant::now(), start);
    time::advance(Duration::from_millis(7)).await;
    assert_eq!(start.elapsed(), Duration::from_millis(7));
    assert_eq!(anyloop::runtime::Handle::current().now(), Instant::now());
}

#[anyloop::test(start_paused = true)]
async fn idle_it_goes_on_to_the_next_deadline() {
    let (start, real) = (Instant::now(), std::time::Instant::now());
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = [3, 1, 2]
        .map(|hours| {
            let order = order.clone();
            anyloop::spawn(async move {
                sleep(HOUR * hours).await;
                order.lock().unwrap().push((hours, start.elapsed().as_secs()));
            })
        })
        .into_iter()
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [(1, 3600), (2, 7200), (3, 10800)]);
    assert!(real.elapsed() < HOUR);
}

#[anyloop::test(start_paused = true)]
async fn what_is_due_runs_before_advance_is_done() {
    let woken = Arc::new(AtomicUsize::new(0));
    for millis in [10, 20, 30] {
        let woken = woken.clone();
        drop(anyloop::spawn(async move {
            sleep(Duration::from_millis(millis)).await;
            woken.fetch_add(1, Ordering::Relaxed);
        }));
    }
    anyloop::task::yield_now().await;
    time::advance(Duration::from_millis(9)).await;
    assert_eq!(woken.load(Ordering::Relaxed), 0);
    time::advance(Duration::from_millis(12)).await;
    anyloop::task::yield_now().await;
    assert_eq!(woken.load(Ordering::Relaxed), 2);
    time::advance(HOUR).await;
    anyloop::task::yield_now().await;
    assert_eq!(woken.load(Ordering::Relaxed), 3);
}

#[anyloop::test(start_paused = true)]
async fn intervals_and_timeouts_go_by_it() {
    let start = Instant::now();
    let mut ticks = interval(HOUR);
    ticks.tick().await;
    assert_eq!(ticks.tick().await - start, HOUR);
    assert!(timeout(HOUR, std::future::pending::<()>()).await.is_err());
    assert_eq!(start.elapsed().as_secs(), 7200);
    let (sender, mut receiver) = anyloop::sync::mpsc::channel(1);
    drop(anyloop::spawn(async move {
        sleep(HOUR).await;
        sender.send(1).await.unwrap();
    }));
    assert_eq!(timeout(HOUR * 2, receiver.recv()).await.unwrap(), Some(1));
    assert_eq!(start.elapsed().as_secs(), 10800);
}

#[anyloop::test(start_paused = true)]
async fn it_does_not_go_on_while_a_job_runs() {
    let start = Instant::now();
    let job = anyloop::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5)));
    let done = timeout(HOUR, job).await;
    assert!(done.is_ok(), "the clock went past a job");
    assert!(start.elapsed() < HOUR);
}

#[anyloop::test(start_paused = true)]
async fn resumed_it_goes_on_from_where_it_was() {
    let (start, real) = (Instant::now(), std::time::Instant::now());
    time::advance(HOUR).await;
    time::resume();
    sleep(Duration::from_millis(3)).await;
    assert!(start.elapsed() >= HOUR + Duration::from_millis(3));
    assert!(real.elapsed() >= Duration::from_millis(3));
    time::pause();
    let paused = Instant::now();
    assert!(paused.duration_since(start) >= HOUR);
    assert_eq!(Instant::now(), paused);
}

#[test]
fn a_loop_that_cannot_says_what_can() {
    if Backend::Smol.is_compiled() {
        let error = Builder::new().backend(Backend::Smol).start_paused(true).build().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("native"), "{error}");
        let mut runtime = Builder::new().backend(Backend::Smol).build().unwrap();
        let error = runtime.block_on(async { time::try_pause() }).unwrap_err();
        assert!(error.to_string().contains("native"), "{error}");
    }
    for &backend in Backend::compiled() {
        let workers = Builder::new().backend(backend).worker_threads(1).start_paused(true).build();
        assert_eq!(workers.unwrap_err().kind(), std::io::ErrorKind::Unsupported, "{backend}");
    }
    assert!(cfg!(feature = "global") || time::try_pause().is_err());
}

#[test]
fn a_loop_that_was_not_paused_goes_by_the_systems_clock() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        runtime.block_on(async {
            let (start, real) = (Instant::now(), std::time::Instant::now());
            sleep(Duration::from_millis(2)).await;
            assert!(start.elapsed() >= Duration::from_millis(2));
            assert!(real.elapsed() >= Duration::from_millis(2));
        });
    }
}

#[anyloop::test]
async fn an_interval_is_a_stream() {
    use futures_lite::StreamExt;
    let mut ticks = interval(Duration::from_millis(1)).take(3);
    let mut last = None;
    while let Some(tick) = ticks.next().await {
        assert!(last.replace(tick).is_none_or(|before| tick - before == Duration::from_millis(1)));
    }
}
