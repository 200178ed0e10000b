//! Callbacks: the loop calls you, in order.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyloop::runtime::Runtime;

pub(crate) fn run(runtime: &mut Runtime) -> io::Result<String> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let say = |word: &'static str| {
        let told = Arc::clone(&told);
        move || told.lock().unwrap_or_else(PoisonError::into_inner).push(word)
    };
    let handle = runtime.handle().clone();
    handle.call_later(Duration::from_millis(20), say("later"))?;
    handle.call_later(Duration::from_millis(10), say("sooner"))?;
    handle.call_soon(say("first"))?;
    handle.call_soon(say("second"))?;
    let cancelled = handle.call_soon(say("NEVER"))?;
    cancelled.cancel();
    let stop = handle.clone();
    handle.call_later(Duration::from_millis(30), move || stop.stop())?;
    runtime.run_forever().map_err(io::Error::other)?;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(told.join(", "))
}
