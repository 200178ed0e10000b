use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyloop::promise::promise;
use anyloop::runtime::{Handle, Runtime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut runtime = Runtime::new()?;
    let handle = runtime.handle().clone();

    // The two sides of asyncio's future: who settles it, and who waits.
    let (promise, deferred) = promise();
    let deferred = Arc::new(Mutex::new(deferred));
    let result = deferred.clone();
    let then = handle.clone();
    deferred.lock().expect("unpoisoned").on_done(&handle, move || {
        let value: u32 = result.lock().expect("unpoisoned").try_result().expect("it is settled");
        println!("settled with {value}");
        read(&then).expect("a pair of sockets");
    });

    handle.call_later(Duration::from_millis(5), move || promise.settle(42).expect("the deferred lives"))?;
    handle.call_later(Duration::from_millis(2), || println!("later"))?;
    handle.call_soon(|| println!("first"))?;
    handle.call_soon(|| println!("second"))?;
    handle.call_soon(|| println!("never"))?.cancel();
    println!("nothing is called before the loop runs");
    runtime.run_forever()?;
    drop(runtime);
    println!("stopped");
    Ok(())
}

fn read(handle: &Handle) -> io::Result<()> {
    let (here, mut there) = UnixStream::pair()?;
    here.set_nonblocking(true)?;
    let watcher = Arc::new(Mutex::new(None));
    let (own, stop) = (watcher.clone(), handle.clone());
    *watcher.lock().expect("unpoisoned") = Some(handle.add_reader(here, move |mut here: &UnixStream| {
        let mut buf = [0; 16];
        let n = here.read(&mut buf).expect("it is readable");
        println!("read {}", String::from_utf8_lossy(&buf[..n]));
        // Dropping the watcher removes it.
        drop(own.lock().expect("unpoisoned").take());
        let stopped = stop.clone();
        stop.call_later(Duration::from_millis(5), move || stopped.stop()).expect("the loop runs");
    })?);
    there.write_all(b"bytes")
}
