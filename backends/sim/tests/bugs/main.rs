//! Bugs that were put in, of many kinds: each is found within 1,000 seeds, and needs three faults
//! at most in the end.

mod disks;
mod hosts;
mod orders;
mod streams;

use std::future::Future;
use std::time::Duration;

use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, NetConfig, Order, Shrunk, SimHandle, SimLoop, TcpStream, World, seeds, shrink};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn here() -> SimHandle {
    SimHandle::current()
}

fn world() -> World {
    here().world()
}

/// Looks for a failure in the default mode, which is the random order, and makes it small.
#[track_caller]
fn find(words: &str, net: NetConfig, program: impl Fn(&mut SimLoop) + Sync) -> Shrunk {
    let builder = Builder::new().order(Order::Random).net(net).time_limit(Duration::from_secs(600));
    let report = seeds(0..1000, &builder, &program);
    let failure =
        report.first_failure().unwrap_or_else(|| panic!("`{words}` was not found in {} seeds", report.seeds));
    assert!(failure.message.contains(words), "another failure: {failure}");
    let shrunk = shrink(failure, 200, &builder, &program).expect("it fails again");
    assert!(shrunk.message.contains(words) && shrunk.plan.len() <= 3, "{shrunk}");
    tell(failure.seed + 1, &shrunk);
    shrunk
}

/// For the table in docs/simulation.md, a line for each test: `benches/sim` sets the variable to a
/// file.
fn tell(seeds: u64, shrunk: &Shrunk) {
    let Some(path) = std::env::var_os("ANYLOOP_SIM_BUGS") else { return };
    let thread = std::thread::current();
    let test = thread.name().and_then(|name| name.split("::").last()).unwrap_or("a bug").replace('_', " ");
    let (before, faults, choices) = (shrunk.before, shrunk.plan.len(), shrunk.recording.noise());
    let line = format!("{test}\t{seeds}\t{}\t{faults}\t{}\t{choices}\n", before.0, before.1);
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    std::io::Write::write_all(&mut file, line.as_bytes()).unwrap();
}

/// Runs tasks on `main` to their ends.
fn run_all<F: Future<Output = ()> + Send + 'static>(sim: &mut SimLoop, tasks: impl IntoIterator<Item = F>) {
    let tasks: Vec<_> = tasks.into_iter().map(|task| sim.handle().spawn(task)).collect();
    sim.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn dial(name: &str) -> std::io::Result<TcpStream> {
    let addr = here().lookup_host(name.to_owned(), 7000).await?[0];
    here().connect_tcp(addr, TcpOptions::new()).await
}

/// Serves each connection of a host by `serve`.
fn listen<Fut: Future<Output = ()> + Send + 'static>(
    name: &str,
    world: &World,
    serve: impl Fn(TcpStream) -> Fut + Send + Sync + Clone + 'static,
) {
    world.host(name).run(move || {
        let serve = serve.clone();
        async move {
            let listener = here().listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                drop(here().spawn(serve(stream)));
            }
        }
    });
}
