//! 64 bytes to an echo task and back over a unix socket pair, both ends on this loop.

use super::{Loop, Unix, ask, detach, echo};
use crate::gate::Gate;
use crate::job::{Job, Start};

const BYTES: usize = 64;

pub(crate) fn start(mut runtime: Loop, job: &Job) -> Start {
    let pairs = job.param("pairs");
    let gate = Gate::default();
    let clients = gate.clone();
    runtime.block_on(async move {
        for _ in 0..pairs {
            let (server, mut client) = Unix::pair().expect("a pair of sockets");
            detach(echo(server, BYTES));
            let gate = clients.clone();
            detach(async move {
                let (mut slice, mut buf) = (0, vec![0; 2 * BYTES]);
                loop {
                    for _ in 0..gate.share(&mut slice).await {
                        buf = ask(&mut client, buf, BYTES).await;
                    }
                    gate.done();
                }
            });
        }
    });
    Start::steps(move |times| runtime.block_on(gate.run(pairs, times)))
}
