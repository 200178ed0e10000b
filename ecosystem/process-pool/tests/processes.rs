//! A pool of processes on every loop. The workers are this test, started again.

use std::time::Duration;

use anyloop::runtime::{Backend, Builder};
use anyloop::time::{Instant, interval, sleep, timeout};
use anyloop_process_pool::{ErrorKind, Jobs, ProcessPool};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let jobs = || {
        Jobs::new()
            .with("sum", |numbers: Vec<u64>| numbers.iter().sum::<u64>())
            .with("id", |_: ()| std::process::id())
            .with("panic", |text: String| {
                if !text.is_empty() {
                    panic!("{text}, on purpose")
                }
            })
            .with("exit", |code: i32| -> () { std::process::exit(code) })
            .with("print", |_: ()| println!("not a result"))
            .with("sleep", |milliseconds: u64| std::thread::sleep(Duration::from_millis(milliseconds)))
            .with("long", |bytes: usize| "x".repeat(bytes))
            .work_if_worker()
    };
    // It does not come back from there if it is a worker.
    jobs();
    // One for all loops: workers that wait on a loop that is closed are replaced.
    let pool = ProcessPool::new(jobs(), 2)?;
    for backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(*backend).build()?;
        let all = async {
            results_and_errors(&pool).await?;
            passed("results_and_errors", *backend);
            workers_are_kept_and_replaced(&pool).await?;
            passed("workers_are_kept_and_replaced", *backend);
            dropping_ends_the_job(&pool).await?;
            passed("dropping_ends_the_job", *backend);
            the_loop_goes_on(&pool).await?;
            passed("the_loop_goes_on", *backend);
            Outcome::Ok(())
        };
        runtime.block_on(async { timeout(Duration::from_secs(60), all).await })??;
    }
    Ok(())
}

/// As libtest says it.
fn passed(test: &str, backend: Backend) {
    println!("test {test}::{backend} ... ok");
}

async fn results_and_errors(pool: &ProcessPool) -> Outcome {
    assert_eq!(pool.run::<_, u64>("sum", &[1, 2, 39]).await?, 42);
    for (job, argument, kind, text) in [
        ("nothing", "", ErrorKind::Unknown, "job nothing: no such job: there is exit, id, long, panic"),
        ("panic", "once", ErrorKind::Panicked, "job panic: it panicked: once, on purpose"),
        ("sum", "text", ErrorKind::Data, "job sum: its argument or result: invalid type"),
    ] {
        let error = pool.run::<_, ()>(job, argument).await.expect_err(job);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(text), "{error}");
    }
    // The result is not what is asked for; the argument is too long; the result is.
    let error = pool.run::<_, Vec<u8>>("sum", &[1]).await.expect_err("a number");
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    let error = pool.run::<_, u64>("sum", &"x".repeat(65 << 20)).await.expect_err("too long");
    assert!(error.to_string().contains("more than the 67108864"), "{error}");
    let error = pool.run::<_, String>("long", &(65 << 20)).await.expect_err("too long");
    assert!(error.to_string().contains("more than the 67108864"), "{error}");
    assert_eq!(pool.run::<_, String>("long", &1_000_000).await?.len(), 1_000_000);
    Ok(())
}

async fn workers_are_kept_and_replaced(pool: &ProcessPool) -> Outcome {
    let id = pool.run::<_, u32>("id", &()).await?;
    assert_ne!(id, std::process::id());
    assert_eq!(pool.run::<_, u32>("id", &()).await?, id);
    let error = pool.run::<_, ()>("exit", &3).await.expect_err("it ends");
    assert_eq!(error.kind(), ErrorKind::Died, "{error}");
    assert_ne!(pool.run::<_, u32>("id", &()).await?, id);
    let error = pool.run::<_, ()>("print", &()).await.expect_err("it writes");
    assert_eq!(error.kind(), ErrorKind::Died, "{error}");
    assert!(error.to_string().contains("such as to standard output"), "{error}");
    assert_eq!(pool.run::<_, u64>("sum", &[1]).await?, 1);
    Ok(())
}

async fn dropping_ends_the_job(pool: &ProcessPool) -> Outcome {
    // Both places; once these are given up, others have them.
    let long = anyloop::task::join_all([pool.run::<_, ()>("sleep", &600_000), pool.run("sleep", &600_000)]);
    assert!(timeout(Duration::from_millis(100), long).await.is_err());
    assert_eq!(pool.run::<_, u64>("sum", &[7]).await?, 7);
    Ok(())
}

async fn the_loop_goes_on(pool: &ProcessPool) -> Outcome {
    let begun = Instant::now();
    let busy = anyloop::task::join_all([pool.run::<_, ()>("sleep", &200), pool.run("sleep", &200)]);
    let mut ticks = 0;
    let ticking = async {
        let mut interval = interval(Duration::from_millis(10));
        loop {
            interval.tick().await;
            ticks += 1;
        }
    };
    for ended in anyloop::select! {
        ended = busy => ended,
        () = ticking => Vec::new(),
    } {
        ended?;
    }
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert!(ticks >= 2, "the loop waits for its workers");
    sleep(Duration::ZERO).await;
    Ok(())
}
