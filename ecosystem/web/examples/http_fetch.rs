//! Many URLs at once: a tuple, a list, a dictionary, and some of them.
//!
//!     cargo run --example http_fetch -- --how first http://127.0.0.1:8080/ http://127.0.0.1:8081/

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::runtime::Backend;
use anyloop::task::{Waited, join_all, join_map, wait};
use anyloop::time::sleep;
use anyloop_web::{Client, Error};
use clap::{Parser, ValueEnum};
use examples::Outcome;

#[derive(Parser)]
struct Args {
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

type Got = Result<String, Error>;

async fn get(client: Client, url: String) -> Got {
    let response = client.fetch(&url).await?;
    let (status, text) = (response.status(), response.text().await?);
    Ok(format!("{} {}", status.as_u16(), text.lines().next().unwrap_or_default()))
}

fn show(name: &str, got: &Got) {
    match got {
        Ok(line) => println!("{name}: {line}"),
        Err(error) => println!("{name}: failed: {error}"),
    }
}

fn show_some<F: Future<Output = Got>>(waited: &Waited<F>) {
    for (index, got) in &waited.done {
        show(&format!("number {index}"), got);
    }
    println!("{} are not done", waited.pending.len());
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.backend, || run(args))
}

async fn run(Args { how, limit, urls, .. }: Args) -> Outcome {
    let client = Client::new();
    // One request is `client.fetch(url).await?`; these are begun together.
    let begin = |url: &String| -> Pin<Box<dyn Future<Output = Got> + Send>> {
        Box::pin(get(client.clone(), url.clone()))
    };
    let all = || urls.iter().map(begin).collect::<Vec<_>>();
    match how {
        How::Tuple => {
            let [one, two, ..] = urls.as_slice() else { return Err("a tuple needs two URLs".into()) };
            let (one, two) = anyloop::join!(begin(one), begin(two));
            show("one", &one);
            show("two", &two);
        }
        How::List => {
            for (url, got) in urls.iter().zip(join_all(all()).await) {
                show(url, &got);
            }
        }
        How::Dict => {
            let asked: HashMap<_, _> = urls.iter().map(|url| (url, begin(url))).collect();
            let got: BTreeMap<_, _> = join_map(asked).await.into_iter().collect();
            got.iter().for_each(|(url, got)| show(url, got));
        }
        How::First => show_some(&wait(all()).first_completed().await),
        How::Error => show_some(&wait(all()).first_error(Result::is_err).await),
        How::Within => show_some(&wait(all()).within(sleep(Duration::from_millis(limit))).await),
    }
    Ok(())
}
