//! What a round trip costs on a loop with tokio as its part, beside plain tokio and plain native:
//! one byte there and back over TCP, both ends on one thread of one process.
//!
//! ```text
//! cargo run --release -p loop-compat --features tokio --example round_trips
//! cargo run --release -p loop-compat --features tokio --example round_trips -- native-with-tokio 100000
//! ```
//!
//! In the second half of the table the peer is a thread that blocks, and counts nothing: what one
//! end costs, whose every byte is waited for.
//!
//! Without arguments all contestants live at once and get short slices in turn, the order reversed
//! each time; the table has the median and the cheapest tenth of their CPU time. With a name, and a
//! number `n`, only that one makes `n` round trips: for `strace -fc` and callgrind.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("round_trips reads /proc: it runs on Linux only");
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    measure::main()
}

#[cfg(target_os = "linux")]
mod measure {
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;

    use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
    use loop_api::net::{Net, TcpListener as _, TcpOptions, TcpStream as _};
    use loop_api::{EventLoop, Handle};
    use loop_compat::host::TokioHost;
    use loop_native::NativeLoop;
    use loop_smol::SmolLoop;
    use rustix::time::{ClockId, clock_gettime};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Round trips in one slice.
    const SLICE: usize = 400;
    /// Slices of each contestant.
    const SLICES: usize = 60;

    /// An echo server on a thread of its own, for one connection.
    fn peer() -> std::net::SocketAddr {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a listener");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            stream.set_nodelay(true).expect("a TCP stream");
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
        });
        address
    }

    /// Makes `n` round trips.
    type Run = Box<dyn FnMut(usize)>;

    fn native(host: bool) -> NativeLoop {
        let mut builder = NativeLoop::builder();
        if host {
            builder = builder.host(Arc::new(TokioHost::new()));
        }
        builder.build().expect("a native loop")
    }

    fn smol(host: bool) -> SmolLoop {
        let mut builder = loop_smol::Builder::new();
        if host {
            builder.host(Arc::new(TokioHost::new()));
        }
        builder.build().expect("a smol loop")
    }

    /// tokio's sockets: an echo server in a task, and the stream to it.
    async fn tokio_pair(
        elsewhere: bool,
        spawn: impl FnOnce(tokio::net::TcpStream),
    ) -> io::Result<tokio::net::TcpStream> {
        if elsewhere {
            let client = tokio::net::TcpStream::connect(peer()).await?;
            client.set_nodelay(true)?;
            return Ok(client);
        }
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let client = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
        client.set_nodelay(true)?;
        let (server, _) = listener.accept().await?;
        server.set_nodelay(true)?;
        spawn(server);
        Ok(client)
    }

    async fn tokio_echo(mut stream: tokio::net::TcpStream) {
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() && stream.write_all(&byte).await.is_ok() {}
    }

    async fn tokio_trips(stream: &mut tokio::net::TcpStream, count: usize) {
        let mut byte = [7];
        for _ in 0..count {
            stream.write_all(&byte).await.expect("the echo server is there");
            stream.read_exact(&mut byte).await.expect("the echo server is there");
        }
    }

    /// In a task, as a program would.
    fn plain_tokio(elsewhere: bool) -> Run {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let spawn = |server| drop(tokio::spawn(tokio_echo(server)));
        let mut client = Some(runtime.block_on(tokio_pair(elsewhere, spawn)).expect("a pair"));
        Box::new(move |count| {
            let mut stream = client.take().expect("the last run gave it back");
            let task = runtime.spawn(async move {
                tokio_trips(&mut stream, count).await;
                stream
            });
            client = Some(runtime.block_on(task).expect("a task that ends"));
        })
    }

    /// tokio's sockets in tasks of another loop.
    fn tokio_sockets<L: EventLoop + 'static>(mut event_loop: L, elsewhere: bool) -> Run {
        let handle = event_loop.handle().clone();
        let spawn = |server| drop(handle.spawn(tokio_echo(server)));
        let mut client = Some(event_loop.block_on(tokio_pair(elsewhere, spawn)).expect("a pair"));
        Box::new(move |count| {
            let mut stream = client.take().expect("the last run gave it back");
            let task = event_loop.handle().spawn(async move {
                tokio_trips(&mut stream, count).await;
                stream
            });
            client = Some(event_loop.block_on(task).expect("a task that ends"));
        })
    }

    /// The loop's own sockets.
    fn own_sockets<L>(mut event_loop: L, elsewhere: bool) -> Run
    where
        L: EventLoop<Handle: Net> + 'static,
    {
        let handle = event_loop.handle().clone();
        let pair = async {
            let options = TcpOptions::default();
            if elsewhere {
                let client = handle.connect_tcp(peer(), options.clone()).await?;
                client.set_nodelay(true)?;
                return io::Result::Ok(client);
            }
            let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &options)?;
            let client = handle.connect_tcp(listener.local_addr()?, options.clone()).await?;
            client.set_nodelay(true)?;
            let (mut server, _) = listener.accept().await?;
            server.set_nodelay(true)?;
            drop(handle.spawn(async move {
                let mut byte = [0];
                while server.read_exact(&mut byte).await.is_ok() && server.write_all(&byte).await.is_ok() {}
            }));
            Ok(client)
        };
        let mut client = Some(event_loop.block_on(pair).expect("a pair"));
        Box::new(move |count| {
            let mut stream = client.take().expect("the last run gave it back");
            let task = event_loop.handle().spawn(async move {
                let mut byte = [7];
                for _ in 0..count {
                    stream.write_all(&byte).await.expect("the echo server is there");
                    stream.read_exact(&mut byte).await.expect("the echo server is there");
                }
                stream
            });
            client = Some(event_loop.block_on(task).expect("a task that ends"));
        })
    }

    /// The name, how to make it, and the name of what it is compared with.
    type Contestant = (&'static str, fn() -> Run, &'static str);

    const CONTESTANTS: &[Contestant] = &[
        ("tokio", || plain_tokio(false), "tokio"),
        ("tokio-sockets-on-native", || tokio_sockets(native(true), false), "tokio"),
        ("native", || own_sockets(native(false), false), "native"),
        ("native-with-tokio", || own_sockets(native(true), false), "native"),
        ("tokio-sockets-on-smol", || tokio_sockets(smol(true), false), "tokio"),
        ("smol", || own_sockets(smol(false), false), "smol"),
        ("smol-with-tokio", || own_sockets(smol(true), false), "smol"),
        ("tokio-one-end", || plain_tokio(true), "tokio-one-end"),
        ("tokio-sockets-on-native-one-end", || tokio_sockets(native(true), true), "tokio-one-end"),
        ("native-one-end", || own_sockets(native(false), true), "native-one-end"),
        ("native-with-tokio-one-end", || own_sockets(native(true), true), "native-one-end"),
    ];

    fn cpu() -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }

    /// A number from the process's status.
    fn status(name: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }

    fn one(name: &str, count: usize) -> io::Result<()> {
        let Some((_, make, _)) = CONTESTANTS.iter().find(|contestant| contestant.0 == name) else {
            let names: Vec<_> = CONTESTANTS.iter().map(|contestant| contestant.0).collect();
            return Err(io::Error::other(format!("no contestant `{name}`: there are {}", names.join(", "))));
        };
        make()(count);
        println!("{name}: {count} round trips, {} thread(s)", status("Threads"));
        Ok(())
    }

    pub(super) fn main() -> io::Result<()> {
        let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
        if let Some(name) = args.next() {
            let count = args.next().map_or(Ok(10_000), |count| count.parse());
            return one(&name, count.map_err(io::Error::other)?);
        }
        let mut runs: Vec<Run> = CONTESTANTS.iter().map(|contestant| contestant.1()).collect();
        let mut times = vec![Vec::new(); runs.len()];
        let mut switches = vec![0; runs.len()];
        for round in 0..SLICES + 4 {
            let mut order: Vec<_> = (0..runs.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for contestant in order {
                let (before, switched) = (cpu(), status("voluntary_ctxt_switches"));
                runs[contestant](SLICE);
                let (took, switched) = (cpu() - before, status("voluntary_ctxt_switches") - switched);
                // The first ones warm up.
                if round >= 4 {
                    times[contestant].push(took.as_nanos() as f64 / SLICE as f64);
                    switches[contestant] += switched;
                }
            }
        }
        println!(
            "{:<34}{:>12}{:>16}{:>10}{:>14}",
            "", "median ns", "cheapest 10 %", "ratio", "switches each"
        );
        let mut tenths = Vec::new();
        for times in &mut times {
            times.sort_by(f64::total_cmp);
            tenths.push(times[..times.len() / 10].iter().sum::<f64>() / (times.len() / 10) as f64);
        }
        for (index, (name, _, base)) in CONTESTANTS.iter().enumerate() {
            let base = CONTESTANTS.iter().position(|contestant| contestant.0 == *base).unwrap_or(index);
            println!(
                "{name:<34}{:>12.0}{:>16.0}{:>10.3}{:>14.3}",
                times[index][times[index].len() / 2],
                tenths[index],
                tenths[index] / tenths[base],
                switches[index] as f64 / (SLICE * SLICES) as f64,
            );
        }
        println!("{} thread(s); CPU time of this thread for a round trip", status("Threads"));
        Ok(())
    }
}
