use std::sync::Arc;
use std::time::Duration;

use anyloop::sync::{Semaphore, mpsc};
use anyloop::task::{self, JoinSet};
use anyloop::time::{sleep, timeout};

async fn square(n: u32) -> Result<u32, String> {
    sleep(Duration::from_millis(n.into())).await;
    if n == 3 { Err("three is not squared".into()) } else { Ok(n * n) }
}

#[anyloop::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // gather: the first error ends it. With return_exceptions: join.
    let (a, b, c) = anyloop::try_join!(square(1), square(2), square(4))?;
    println!("{a} {b} {c}");

    let results = anyloop::join!(square(2), square(3));
    for result in <[_; 2]>::from(results) {
        match result {
            Ok(n) => println!("{n}"),
            Err(error) => println!("failed: {error}"),
        }
    }

    if timeout(Duration::from_millis(5), sleep(Duration::from_secs(60))).await.is_err() {
        println!("too late");
    }

    let task = anyloop::spawn(sleep(Duration::from_secs(60)));
    task.abort();
    if task.await.is_err_and(|error| error.is_cancelled()) {
        println!("cancelled");
    }

    // Dropping the sender is the end of the queue.
    let (sender, mut queue) = mpsc::channel(1);
    let producer = anyloop::spawn(async move {
        for word in ["uno", "due"] {
            sender.send(word).await.expect("the receiver lives");
        }
    });
    while let Some(word) = queue.recv().await {
        println!("{word}");
    }
    producer.await?;

    // As many as there are: a JoinSet, which a TaskGroup is too.
    let limit = Arc::new(Semaphore::new(2));
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let limit = limit.clone();
        tasks.spawn(async move {
            let _permit = limit.acquire().await;
            task::spawn_blocking(move || 2_u32.pow(n)).await
        });
    }
    let mut sum = 0;
    while let Some(power) = tasks.join_next().await {
        sum += power??;
    }
    println!("{sum}");
    Ok(())
}
