//! One group of a thousand members: how long a message takes until all have it.

use std::fmt::Write;
use std::time::Duration;

use anyloop_bench::{Client, Contest, Entrant, Progress};

use crate::entrants::on_each_loop;
use crate::{Args, Outcome, build, folder};

const MEMBERS: usize = 1000;

pub(crate) fn run(args: &Args) -> Outcome {
    let ours = build::programs("anyloop-channels", &["members"])?.join("members");
    let others = build::programs("frameworks", &["members_tokio", "fanout"])?;
    let ours = format!("'{}' {{addr}}", ours.display());
    let mut entrants = on_each_loop(&ours, |backend| format!("anyloop on {backend}"))?;
    let plain = format!("'{}' {{addr}}", others.join("members_tokio").display());
    entrants.push(Entrant { name: "plain tokio".to_owned(), command: plain.parse()?, env: Vec::new() });
    // Where Debian has it.
    let modules = ("NODE_PATH".to_owned(), "/usr/share/nodejs".to_owned());
    let left_out = match build::version(&[
        "node",
        "-e",
        "console.log(require('/usr/share/nodejs/ws/package.json').version)",
    ]) {
        Ok(_) => {
            let script = format!("node '{}' {{port}}", folder("servers").join("members_node.js").display());
            entrants.push(Entrant {
                name: "Node's ws".to_owned(),
                command: script.parse()?,
                env: vec![modules],
            });
            String::new()
        }
        Err(why) => format!("\nNode's ws is {why}: apt-get install nodejs node-ws\n"),
    };
    entrants.retain(|entrant| args.wants(&entrant.name));
    let client = format!("'{}' {{addr}} {MEMBERS} {{seconds}}", others.join("fanout").display());
    let contest = Contest {
        entrants,
        client: Client::Command(client.parse()?),
        rounds: if args.quick { 3 } else { 9 },
        slice: Duration::from_secs(if args.quick { 1 } else { 2 }),
        count_calls: false,
    };
    let progress = Progress::new(contest.steps());
    let outcome = contest.run(|name| progress.advance(1, name))?;
    progress.finish();
    println!("{}{left_out}", outcome.table());

    let mut page = outcome.page("A group of a thousand members", &args.command());
    // Writing to a String cannot fail.
    let _ok = write!(
        page,
        "\nA request is a message of 64 bytes by one of {MEMBERS} web sockets, until all of them have it; then the next is sent. The client\n\
         is one program on the same machine (`ecosystem/frameworks/examples/fanout.rs`), whose own work for {MEMBERS} messages is in the\n\
         latency. Connecting is in the CPU time. anyloop's program is `ecosystem/channels/examples/members.rs`, over `anyloop-web` and\n\
         `anyloop-channels`, with pings, limits and time limits on each send; the one on plain tokio and Node's have none. Every slice:\n\
         [members.csv](members.csv).\n{left_out}"
    );
    args.write("members.md", &page)?;
    args.write("members.csv", &outcome.csv())
}
