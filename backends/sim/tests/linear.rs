//! Stores that are checked against one copy: one that is right, and one with a bug that was put in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::linear::{Counter, CounterOp, CounterRet, History, Register, RegisterOp, RegisterRet};
use loop_sim::{Builder, NetConfig, Order, SimHandle, seeds};

const READ: u8 = 0;
const WRITE: u8 = 1;

/// Answers requests of a kind and a number with a number.
async fn serve<F: Future<Output = u64> + Send>(
    answer: impl Fn(u8, u64) -> F + Clone + Send + Sync + 'static,
) {
    let here = SimHandle::current();
    let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = answer.clone();
        drop(here.spawn(async move {
            let mut request = [0; 9];
            while stream.read_exact(&mut request).await.is_ok() {
                let number = u64::from_le_bytes(request[1..].try_into().unwrap());
                let answer = answer(request[0], number).await;
                if stream.write_all(&answer.to_le_bytes()).await.is_err() {
                    return;
                }
            }
        }));
    }
}

async fn ask(host: &str, kind: u8, number: u64) -> std::io::Result<u64> {
    let here = SimHandle::current();
    let addr = here.lookup_host(host.into(), 7000).await?[0];
    let mut stream = here.connect_tcp(addr, TcpOptions::new()).await?;
    let mut request = vec![kind];
    request.extend(number.to_le_bytes());
    stream.write_all(&request).await?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await?;
    Ok(u64::from_le_bytes(answer))
}

/// A register with a copy, which is read from `reads_from`. A write is answered before the copy has
/// it.
fn copied_register(reads_from: &'static str, count: u64) -> loop_sim::Report {
    let builder = Builder::new().order(Order::Random).net(NetConfig::rough());
    seeds(0..count, &builder, move |sim| {
        let (world, history) = (sim.world(), History::new());
        for host in ["primary", "copy"] {
            let value = Arc::new(AtomicU64::new(0));
            world.host(host).run(move || {
                let value = value.clone();
                serve(move |kind, number| {
                    let value = value.clone();
                    async move {
                        if kind == READ {
                            return value.load(SeqCst);
                        }
                        value.store(number, SeqCst);
                        if host == "primary" {
                            drop(SimHandle::current().spawn(async move {
                                _ = ask("copy", WRITE, number).await;
                            }));
                        }
                        number
                    }
                })
            });
        }
        let clients = ["a", "b", "c"].map(|name| {
            let history = history.clone();
            world.host(name).spawn(async move {
                let world = SimHandle::current().world();
                for _ in 0..6 {
                    let number = 1 + world.random(1000);
                    if world.random(2) == 0 {
                        let write = history.begin(name, RegisterOp::Write(number));
                        if ask("primary", WRITE, number).await.is_ok() {
                            write.end(RegisterRet::Done);
                        }
                    } else {
                        let read = history.begin(name, RegisterOp::Read);
                        if let Ok(value) = ask(reads_from, READ, 0).await {
                            read.end(RegisterRet::Value(value));
                        }
                    }
                }
            })
        });
        sim.block_on(async {
            for client in clients {
                client.await.unwrap();
            }
        });
        if let Err(violation) = history.check(&Register::of(0)) {
            panic!("{violation}");
        }
    })
}

#[test]
fn a_register_that_is_read_where_it_is_written_is_linearizable() {
    copied_register("primary", 50).unwrap();
}

#[test]
fn a_stale_read_of_a_copy_is_found() {
    let report = copied_register("copy", 50);
    let failure = report.first_failure().expect("the bug is found");
    assert!(failure.message.contains("are not linearizable"), "{}", failure.message);
    assert!(failure.message.contains("Read gave Value("), "{}", failure.message);
}

/// Adds one nine times, and asks again where no answer comes in time.
fn counted(remembers: bool) -> loop_sim::Report {
    let builder = Builder::new().order(Order::Random).net(NetConfig::rough());
    seeds(0..50, &builder, move |sim| {
        let (world, history) = (sim.world(), History::new());
        let (sum, last) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let total = sum.clone();
        world.host("server").run(move || {
            let (sum, last) = (sum.clone(), last.clone());
            serve(move |_, number| {
                let (sum, last) = (sum.clone(), last.clone());
                async move {
                    // An old one may come late, after the next.
                    if !remembers || last.fetch_max(number, SeqCst) < number {
                        sum.fetch_add(1, SeqCst);
                    }
                    let here = SimHandle::current();
                    here.sleep(Duration::from_millis(here.world().random(200))).await;
                    number
                }
            })
        });
        let told = history.clone();
        let client = world.host("client").spawn(async move {
            let here = SimHandle::current();
            for number in 1..10 {
                let add = told.begin("client", CounterOp::Add(1));
                let limit = Duration::from_millis(250);
                while !matches!(here.timeout(limit, ask("server", WRITE, number)).await, Ok(Ok(_))) {}
                add.end(CounterRet::Done);
            }
        });
        sim.block_on(client).unwrap();
        let sum = i64::try_from(total.load(SeqCst)).unwrap();
        history.begin("end", CounterOp::Get).end(CounterRet::Value(sum));
        if let Err(violation) = history.check(&Counter) {
            panic!("{violation}");
        }
    })
}

#[test]
fn a_request_that_is_done_twice_is_found() {
    counted(true).unwrap();
    let report = counted(false);
    let failure = report.first_failure().expect("the bug is found");
    assert!(failure.message.contains("end: Get gave Value("), "{}", failure.message);
}

#[test]
fn a_key_that_is_not_decided_hides_no_other() {
    use loop_sim::linear::{Map, RegisterOp::*, RegisterRet::*};
    let history = History::new();
    let open: Vec<_> = (0..12).map(|n| history.begin(n, ("a", Write(Some(n))))).collect();
    open.into_iter().for_each(|write| write.end(Done));
    history.begin("last", ("a", Read)).end(Value(Some(99)));
    let undecided = history.check_within(&Map::new(), 1_000).unwrap_err();
    assert!(undecided.is_undecided() && undecided.to_string().contains("under key \"a\""), "{undecided}");
    history.begin("reader", ("b", Read)).end(Value(Some(1)));
    let certain = history.check_within(&Map::new(), 1_000).unwrap_err();
    assert!(!certain.is_undecided() && certain.to_string().contains("reader: "), "{certain}");
}
