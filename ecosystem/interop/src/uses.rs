//! The works that are done on every loop. None of them names anyloop: each is code as its crate's
//! own documentation has it.

mod acceptance;
mod async_io_crates;
mod async_io_own;
mod databases;
mod grpc;
mod http;
mod tokio_io;
mod tokio_net;
mod tokio_tasks;
mod tower_and_util;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::servers::Service::{self, Dbus, Dovecot, Nginx, Peer, PostgreSql, Redis};
use crate::{Env, Host, Meter, Outcome};

/// Whose reactor the crate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// tokio's.
    Tokio,
    /// async-io's, or one of its own.
    AsyncIo,
}

type Running = Pin<Box<dyn Future<Output = Outcome>>>;

/// One work: what it needs, and the function that does it.
#[derive(Clone, Copy)]
pub struct Use {
    /// What it is called, on the page and on the command line.
    pub name: &'static str,
    /// What one operation of it is.
    pub operation: &'static str,
    /// Whose reactor it knows.
    pub side: Side,
    /// The servers without which it cannot be done.
    pub needs: &'static [Service],
    run: fn(Env, Meter) -> Running,
}

impl Use {
    /// Does it.
    ///
    /// # Errors
    ///
    /// The error of the crate in use, or a sentence that says what was not as it must be.
    pub fn run(&self, env: Env, meter: Meter) -> impl Future<Output = Outcome> + use<> {
        (self.run)(env, meter)
    }

    /// What a test says that cannot run here; `None` if it can.
    pub fn missing(&self) -> Option<String> {
        self.needs.iter().find_map(|service| service.missing())
    }
}

impl fmt::Debug for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Use").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The rows: name, what one operation is, the servers it needs, the function.
macro_rules! uses {
    ($side:ident: $([$name:literal, $operation:literal, [$($needs:ident),*], $($function:ident)::+],)+) => {
        [$(Use {
            name: $name,
            operation: $operation,
            side: Side::$side,
            needs: &[$($needs),*],
            run: |env, meter| Box::pin($($function)::+(env, meter)),
        }),+]
    };
}

const TOKIO: [Use; 24] = uses![Tokio:
    ["tokio::time", "a sleep, a timeout and a tick of an interval", [], tokio_tasks::time],
    ["tokio::net (TCP)", "1 byte to another process and back", [Peer], tokio_net::tcp],
    ["tokio::net (UDP)", "a datagram to another process and back", [Peer], tokio_net::udp],
    ["tokio::net (unix)", "4 KiB through a pair of unix sockets and back", [], tokio_net::unix],
    ["tokio::fs", "write, rename, read and remove a file", [], tokio_io::fs],
    ["tokio::process", "`cat` fed, read and waited for", [], tokio_io::process],
    ["tokio::signal", "a signal raised and awaited", [], tokio_io::signal],
    ["tokio::spawn", "a task spawned and joined, and one aborted", [], tokio_tasks::spawn],
    ["tokio::task::spawn_blocking", "a job on another thread", [], tokio_tasks::spawn_blocking],
    ["tokio::io", "64 KiB copied through a duplex", [], tokio_io::io],
    ["tokio::task::JoinSet, tokio::sync", "8 tasks and a channel, joined", [], tokio_tasks::join_set],
    ["tokio::task::LocalSet", "a task that is not Send, joined", [], tokio_tasks::local_set],
    ["reqwest", "a GET of 64 KiB from nginx", [Nginx], http::reqwest],
    ["hyper-util's client", "a GET from nginx", [Nginx], http::hyper_util_client],
    ["axum", "a GET from itself, by reqwest", [], http::axum],
    ["tokio-tungstenite", "a message to another process and back", [Peer], http::tokio_tungstenite],
    ["tokio-postgres", "a query", [PostgreSql], databases::tokio_postgres],
    ["sqlx", "a query on a pool's connection", [PostgreSql], databases::sqlx],
    ["redis", "SET and GET", [Redis], databases::redis],
    ["bb8", "PING on a pool's connection", [Redis], databases::bb8],
    ["tonic client", "a call to another process", [Peer], grpc::client],
    ["tonic server", "a call to itself", [], grpc::server],
    ["tower", "8 calls through a buffer and a time limit", [], tower_and_util::tower],
    ["tokio-util", "a framed line and an expired entry of a DelayQueue", [], tower_and_util::tokio_util],
];

const ASYNC_IO: [Use; 11] = uses![AsyncIo:
    ["async-net", "1 byte to another process and back", [Peer], async_io_own::async_net],
    ["async_io::Timer", "a millisecond's sleep", [], async_io_own::timer],
    ["smol::spawn", "a task on smol's own executor, joined", [], async_io_own::spawn],
    ["blocking::unblock", "a job on another thread", [], async_io_own::unblock],
    ["async-process", "`cat` fed, read and waited for", [], async_io_own::process],
    ["async-fs", "write, rename, read and remove a file", [], async_io_own::fs],
    ["async-tungstenite", "a message to another process and back", [Peer], async_io_crates::tungstenite],
    ["isahc", "a GET of 64 KiB from nginx", [Nginx], async_io_crates::isahc],
    ["async-imap", "a NOOP to dovecot", [Dovecot], async_io_crates::imap],
    ["zbus", "a call of the bus", [Dbus], async_io_crates::zbus],
    ["smol-hyper", "a GET from nginx", [Nginx], async_io_crates::smol_hyper],
];

/// Every use, tokio's side first.
pub fn all() -> impl Iterator<Item = Use> {
    TOKIO.into_iter().chain(ASYNC_IO)
}

/// The use of that name.
pub fn find(name: &str) -> Option<Use> {
    all().find(|one| one.name == name)
}

/// What must hold at the edges of a loop, with real libraries: a name, what is needed, and the
/// function, which runs the loop itself.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// What the test is called.
    pub name: &'static str,
    /// The servers without which it cannot be done.
    pub needs: &'static [Service],
    /// Does it.
    pub run: fn(Env, Host) -> Outcome,
}

/// Every one of them.
pub const EDGES: [Edge; 6] = [
    Edge { name: "a redis handle works in a later block_on", needs: &[Redis], run: acceptance::redis_later },
    Edge {
        name: "a redis handle works on another thread",
        needs: &[Redis],
        run: acceptance::redis_elsewhere,
    },
    Edge {
        name: "an sqlx connection is dropped outside, in enter()",
        needs: &[PostgreSql],
        run: acceptance::sqlx_dropped,
    },
    Edge { name: "blocking work is finished at exit", needs: &[], run: acceptance::blocking_at_exit },
    Edge {
        name: "crates of both sides work in tasks on worker threads",
        needs: &[Peer, Nginx, Redis],
        run: acceptance::on_workers,
    },
    Edge { name: "tasks are dropped at exit", needs: &[], run: acceptance::tasks_at_exit },
];
