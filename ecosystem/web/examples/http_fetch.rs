//! Many URLs at once: a tuple, a list, a dictionary, and some of them.
//!
//!     cargo run --example http_fetch -- --how first http://127.0.0.1:8080/ http://127.0.0.1:8081/

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::runtime::Backend;
use anyloop::task::{Waited, join_all, join_map, wait};
use anyloop::time::sleep;
use anyloop_web::Client;
use clap::{Parser, ValueEnum};

#[derive(Parser)]
pub(crate) struct Args {
    /// The loop to run on: native, tokio or smol.
    #[arg(long)]
    backend: Option<Backend>,
    /// Which of them are waited for, and how they are held.
    #[arg(long, value_enum, default_value_t = How::List)]
    how: How,
    /// How many milliseconds `within` waits.
    #[arg(long, default_value_t = 1000)]
    limit: u64,
    /// What to get.
    #[arg(required = true)]
    urls: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    /// The first two, as a tuple.
    Tuple,
    /// All, in their order.
    List,
    /// All, by their URLs.
    Dict,
    /// Until one is done.
    First,
    /// Until one fails.
    Error,
    /// As many as are done within the limit.
    Within,
}

type Got = Result<String, anyloop_web::Error>;

async fn get(client: Client, url: String) -> Got {
    let response = client.fetch(&url).await?;
    let (status, text) = (response.status(), response.text().await?);
    Ok(format!("{} {}", status.as_u16(), text.lines().next().unwrap_or_default()))
}

fn shown(name: &str, got: &Got) -> String {
    match got {
        Ok(line) => format!("{name}: {line}"),
        Err(error) => format!("{name}: failed: {error}"),
    }
}

fn some_shown<F: Future<Output = Got>>(waited: &Waited<F>) -> Vec<String> {
    let done = waited.done.iter().map(|(index, got)| shown(&format!("number {index}"), got));
    done.chain([format!("{} are not done", waited.pending.len())]).collect()
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.backend, || async {
        for line in fetch(args).await? {
            println!("{line}");
        }
        Ok(())
    })
}

/// A line for each that was waited for.
pub(crate) async fn fetch(Args { how, limit, urls, .. }: Args) -> Result<Vec<String>, Box<dyn Error>> {
    let client = Client::new();
    // One request is `client.fetch(url).await?`; these are begun together.
    let begin = |url: &String| -> Pin<Box<dyn Future<Output = Got> + Send>> {
        Box::pin(get(client.clone(), url.clone()))
    };
    let all = || urls.iter().map(begin).collect::<Vec<_>>();
    Ok(match how {
        How::Tuple => {
            let [one, two, ..] = urls.as_slice() else { return Err("a tuple needs two URLs".into()) };
            let (one, two) = anyloop::join!(begin(one), begin(two));
            vec![shown("one", &one), shown("two", &two)]
        }
        How::List => {
            let got = join_all(all()).await;
            urls.iter().zip(&got).map(|(url, got)| shown(url, got)).collect()
        }
        How::Dict => {
            let asked: HashMap<_, _> = urls.iter().map(|url| (url, begin(url))).collect();
            let got: BTreeMap<_, _> = join_map(asked).await.into_iter().collect();
            got.iter().map(|(url, got)| shown(url, got)).collect()
        }
        How::First => some_shown(&wait(all()).first_completed().await),
        How::Error => some_shown(&wait(all()).first_error(Result::is_err).await),
        How::Within => some_shown(&wait(all()).within(sleep(Duration::from_millis(limit))).await),
    })
}
