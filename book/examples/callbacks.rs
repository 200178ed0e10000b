use std::io;
use std::time::Duration;

use anyloop::runtime::Runtime;

fn main() -> io::Result<()> {
    let mut runtime = Runtime::new()?;
    let handle = runtime.handle().clone();

    handle.call_soon(|| println!("soon")).map_err(io::Error::other)?;
    handle.spawn(async { println!("a task") });
    let stop = handle.clone();
    handle
        .call_later(Duration::from_millis(5), move || {
            println!("later");
            stop.stop();
        })
        .map_err(io::Error::other)?;

    runtime.run_forever().map_err(io::Error::other)
}
