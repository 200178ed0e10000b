//! By callbacks: nothing waits, and nothing returns either. Each step is inside the one before, each
//! error is handed on by hand, and what one line of the others did (`ask`) is a state machine here.

use std::io;
use std::net::SocketAddr;

use anyloop::net::TcpStream;
use anyloop::protocol::{self, Protocol, Transport};

pub(crate) fn programme(addr: SocketAddr, done: impl FnOnce(io::Result<String>) + Send + 'static) {
    ask(addr, "speaker of Async tools".to_owned(), move |speaker| match speaker {
        Err(error) => done(Err(error)),
        Ok(speaker) => ask(addr, format!("hall of {speaker}"), move |hall| match hall {
            Err(error) => done(Err(error)),
            Ok(hall) => ask(addr, format!("seats of {hall}"), move |seats| match seats {
                Err(error) => done(Err(error)),
                Ok(seats) => {
                    done(Ok(format!("{speaker} speaks in the {hall}, which has {seats} seats")));
                }
            }),
        }),
    });
}

struct Asking<F> {
    question: String,
    answer: Vec<u8>,
    /// Called once, and whatever happens.
    then: Option<F>,
}

impl<F: FnOnce(io::Result<String>)> Protocol for Asking<F> {
    fn connection_made(&mut self, transport: &mut Transport) {
        transport.write(format!("{}\n", self.question).as_bytes());
    }

    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        self.answer.extend_from_slice(data);
        if data.contains(&b'\n') {
            transport.close();
        }
    }

    fn connection_lost(&mut self, error: Option<io::Error>) {
        let Some(then) = self.then.take() else { return };
        then(match error {
            Some(error) => Err(error),
            None => super::server::answered(String::from_utf8_lossy(&self.answer).into_owned()),
        });
    }
}

fn ask(addr: SocketAddr, question: String, then: impl FnOnce(io::Result<String>) + Send + 'static) {
    anyloop::spawn(async move {
        match TcpStream::connect(addr).await {
            // The protocol is told of its errors.
            Ok(stream) => {
                drop(protocol::run(stream, Asking { question, answer: Vec::new(), then: Some(then) }).await);
            }
            Err(error) => then(Err(error)),
        }
    });
}
