//! The three at work, and what was seen of it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyloop::task::JoinSet;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use redis::AsyncTypedCommands;

use crate::{Outcome, threads};

/// Who did an operation, and the thread that it was done on, in the order in which they were done.
#[derive(Debug, Default, Clone)]
struct Log(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Log {
    fn done(&self, who: &'static str) {
        let thread = std::thread::current().name().unwrap_or("without a name").to_owned();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((who, thread));
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Told {
    done: Vec<(&'static str, String)>,
    threads: Option<Vec<String>>,
}

/// Lets all of them do their operations, each in a task of the loop.
pub(crate) async fn side_by_side(
    http: SocketAddr,
    redis: Option<SocketAddr>,
    operations: u32,
) -> Outcome<Told> {
    let log = Log::default();
    let mut tasks = JoinSet::new();
    tasks.spawn(get(http, operations, log.clone()));
    tasks.spawn(fetch(http, operations, log.clone()));
    if let Some(addr) = redis {
        tasks.spawn(count(addr, operations, log.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let done = std::mem::take(&mut *log.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Told { done, threads: threads::names() })
}

/// reqwest, which stands on hyper and tokio.
async fn get(http: SocketAddr, operations: u32, log: Log) -> Outcome<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://{http}/");
    for _ in 0..operations {
        client.get(&url).send().await?.error_for_status()?.bytes().await?;
        log.done("reqwest");
    }
    Ok(())
}

/// redis, whose connection is a task of tokio's.
async fn count(addr: SocketAddr, operations: u32, log: Log) -> Outcome<()> {
    let client = redis::Client::open(format!("redis://{addr}/"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let key = format!("anyloop-mixed-{}", std::process::id());
    for n in 1..=operations {
        let counted = connection.incr(&key, 1).await?;
        if counted != isize::try_from(n)? {
            return Err(format!("redis counted {counted}, not {n}").into());
        }
        log.done("redis");
    }
    connection.del(&key).await?;
    Ok(())
}

/// async-net, which stands on async-io.
async fn fetch(http: SocketAddr, operations: u32, log: Log) -> Outcome<()> {
    for _ in 0..operations {
        let mut socket = async_net::TcpStream::connect(http).await?;
        socket.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        if !answer.lines().next().is_some_and(|status| status.contains(" 200 ")) {
            return Err(format!("the HTTP server answered {answer:?}").into());
        }
        log.done("async-net");
    }
    Ok(())
}

impl Told {
    /// Who did what, and where.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(["crate", "knows only", "operations", "on thread"]);
        for (who, knows) in [("reqwest", "tokio"), ("redis", "tokio"), ("async-net", "async-io")] {
            let of = self.done.iter().filter(|(name, _)| *name == who);
            let on: BTreeSet<_> = of.clone().map(|(_, thread)| thread.as_str()).collect();
            let on: Vec<_> = on.into_iter().collect();
            if !on.is_empty() {
                table.add_row([who, knows, &of.count().to_string(), &on.join(", ")]);
            }
        }
        format!("{table}\n")
    }

    /// That they ran at the same time, and which threads there are besides.
    pub(crate) fn verdict(&self) -> String {
        let turns = self.done.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
        let mut text = format!("turns:   {turns} times one of them went on after another\n");
        text += "threads: ";
        match self.threads.as_deref() {
            None | Some([]) => text += "this system does not tell how many there are",
            Some([_]) => text += "1, the loop's",
            Some([_, others @ ..]) => {
                text += &format!("{}, the loop's and ", others.len() + 1);
                let why = |name: &String| match name.as_str() {
                    "async-io" => {
                        "async-io (async-io's own: it waits for its sockets, and runs nothing else)"
                            .to_owned()
                    }
                    other => other.to_owned(),
                };
                text += &others.iter().map(why).collect::<Vec<_>>().join(", ");
            }
        }
        text
    }
}
