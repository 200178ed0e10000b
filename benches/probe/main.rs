//! One workload on one contestant, a given number of times: what `costs` counts instructions,
//! allocations and system calls of.
//!
//!     probe CONTESTANT WORKLOAD TIMES
//!
//! Prints how many allocations the workload itself made, and what it took of the processor's time
//! and of the clock's.

use std::process::ExitCode;
use std::time::Instant;

mod any;
mod counting;
#[cfg_attr(not(any(feature = "native", feature = "tokio")), allow(dead_code))]
mod many;
#[cfg(feature = "native")]
mod raw_native;
#[cfg(feature = "smol")]
mod raw_smol;
#[cfg(feature = "tokio")]
mod raw_tokio;
#[cfg(feature = "tokio")]
mod tokio_io;

/// What is measured, each as an operation done `times` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workload {
    /// A task is spawned and awaited.
    Spawn,
    /// A sleep is made, polled once, and dropped.
    Sleep,
    /// 64 bytes go to an echo server and come back, over that many TCP connections in turn, both
    /// ends on this thread.
    Echo { connections: usize },
    /// As an echo over one connection, but through tokio's I/O traits; on raw tokio, and on the
    /// loops where tokio is compiled in.
    #[cfg(feature = "tokio")]
    TokioIo,
    /// A callback is queued and runs; on a raw runtime, which has none, a detached task.
    CallSoon,
    /// Of tasks and timers alone; on the raw native loop and tokio.
    Many(many::Many),
}

/// The bytes of a request.
const MESSAGE: usize = 64;

impl Workload {
    fn parse(name: &str) -> Option<Workload> {
        Some(match name {
            "spawn" => Workload::Spawn,
            "sleep" => Workload::Sleep,
            "echo1" => Workload::Echo { connections: 1 },
            "echo50" => Workload::Echo { connections: 50 },
            "echo500" => Workload::Echo { connections: 500 },
            #[cfg(feature = "tokio")]
            "tokio_io" => Workload::TokioIo,
            "call_soon" => Workload::CallSoon,
            _ => Workload::Many(many::Many::parse(name)?),
        })
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(contestant), Some(workload), Some(times)) = (
        args.first(),
        args.get(1).and_then(|name| Workload::parse(name)),
        args.get(2).and_then(|times| times.parse::<usize>().ok()),
    ) else {
        eprintln!(
            "usage: probe raw-native|raw-tokio|raw-smol|native|tokio|smol spawn|sleep|echo1|echo50|echo500|tokio_io|call_soon TIMES\n\
                    probe raw-native|raw-tokio yield1|yield100|pingpong|expire|expire1000|sleeps|sleeps1000|late|storm|crunch TIMES\n\
             a number behind, as in native-1 and raw-tokio-2, is that of worker threads; one worker has the whole work"
        );
        return ExitCode::from(2);
    };
    use_the_heap();
    let start = (Instant::now(), counting::processor_time());
    // A number at the end is that of worker threads.
    let (name, workers) = match contestant.rsplit_once('-') {
        Some((name, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, count.parse().unwrap_or(0))
        }
        _ => (contestant.as_str(), 0),
    };
    match name {
        #[cfg(feature = "native")]
        "raw-native" => raw_native::run(workers, workload, times),
        #[cfg(feature = "tokio")]
        "raw-tokio" => raw_tokio::run(workers, workload, times),
        #[cfg(feature = "smol")]
        "raw-smol" => raw_smol::run(workload, times),
        name => match name.parse() {
            Ok(backend) => any::run(backend, workers, workload, times),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        },
    }
    println!("allocations {}", counting::allocations());
    println!("processor_ns {}", (counting::processor_time() - start.1).as_nanos());
    println!("clock_ns {}", start.0.elapsed().as_nanos());
    ExitCode::SUCCESS
}

/// Leaves gaps in the heap, as a program has them. In a fresh one all that is freed lies at its end,
/// and whether the allocator then gathers its lists costs some hundred instructions, as chance has
/// it.
fn use_the_heap() {
    let mut blocks: Vec<Option<Vec<u8>>> =
        (0..512usize).map(|i| Some(Vec::with_capacity(64 << (i % 6)))).collect();
    blocks.iter_mut().step_by(2).for_each(|block| *block = None);
    std::mem::forget(blocks);
}
