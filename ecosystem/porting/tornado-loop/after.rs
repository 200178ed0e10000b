use std::time::Duration;

use anyloop::runtime::Runtime;
use anyloop::sync::mpsc;
use anyloop::task;
use anyloop::time::{interval_at, sleep, timeout};

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let (sender, mut queue) = mpsc::unbounded_channel();
    anyloop::runtime::Handle::current()
        .call_soon(move || sender.send("a job").expect("the receiver lives"))?;
    println!("got {}", queue.recv().await.ok_or("the end")?);
    if timeout(Duration::from_millis(5), sleep(Duration::from_secs(60))).await.is_err() {
        println!("too late");
    }
    println!("computed {}", task::spawn_blocking(|| 2_u32.pow(10)).await?);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut runtime = Runtime::new()?;
    let handle = runtime.handle().clone();
    runtime.block_on(work())?;

    // PeriodicCallback: an interval in a task. The first tick of `interval` would come at once.
    let stop = handle.clone();
    let periodic = Duration::from_millis(2);
    let start = handle.now() + periodic;
    runtime.spawn(async move {
        let mut ticks = interval_at(start, periodic);
        for n in 1..=3 {
            ticks.tick().await;
            println!("tick {n}");
        }
        stop.stop();
    });
    handle.call_later(Duration::from_millis(1), || println!("called later"))?;
    runtime.run_forever()?;
    println!("stopped");
    Ok(())
}
