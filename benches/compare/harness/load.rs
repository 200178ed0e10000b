//! The load: one client for all servers, in a process of its own.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use anyloop_bench::load::{Latencies, Load};

use super::process::{Child, Hello};
use crate::job::{Job, Start};
use crate::names;
use crate::results::Metric;
use crate::wire;

/// The child that is no contestant.
pub(crate) const NAME: &str = "load";

/// Starts the client of a server at this job, on the second core, with its connections open. It may
/// spin if that core is its own.
pub(crate) fn client(job: &Job, port: u16, spin: bool) -> io::Result<Child> {
    let job = job.with("port", port.into()).with("spin", spin.into());
    match Child::start(NAME, &job, Some(1))? {
        (child, Hello::Ready) => Ok(child),
        (_, Hello::LeftOut(why)) => Err(io::Error::other(why)),
        (_, Hello::Listening(_)) => Err(io::Error::other("a client does not listen")),
    }
}

/// A load on `connections` to `port`: of requests of `bytes` that are echoed, or of HTTP.
pub(crate) fn start(job: &Job) -> Start {
    if job.workload == names::SERVERS {
        return super::callers::start(job);
    }
    let (port, connections) = (job.param("port") as u16, job.param("connections"));
    let server = (Ipv4Addr::LOCALHOST, port).into();
    let load = match job.workload.as_str() {
        names::HYPER_HELLO => http_answer(port)
            .and_then(|answer| Load::connect(server, connections, wire::REQUEST.to_vec(), answer)),
        _ => {
            let bytes = job.param("bytes");
            Load::connect(server, connections, vec![b'x'; bytes], bytes)
        }
    };
    match load {
        Ok(mut load) => {
            load.spin(job.params.get("spin") == Some(1));
            Start::Steps(Box::new(move |times| {
                load.run(times).expect("the server answers");
                let Latencies { p50, p99, p999 } = load.latencies();
                vec![(Metric::P50Us, p50), (Metric::P99Us, p99), (Metric::P999Us, p999)]
            }))
        }
        Err(error) => Start::left_out(format!("{connections} connections: {error}")),
    }
}

/// How long the server's answer is, head and body: it is the same every time.
fn http_answer(port: u16) -> io::Result<usize> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(wire::REQUEST)?;
    let mut answer = Vec::new();
    let mut buf = [0; 1024];
    while !answer.ends_with(wire::BODY) {
        match stream.read(&mut buf)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => answer.extend_from_slice(&buf[..n]),
        }
    }
    Ok(answer.len())
}
