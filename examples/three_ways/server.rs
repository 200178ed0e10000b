//! What is asked: a question a line, an answer a line; nothing is answered to what it does not know.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

const ANSWERS: [(&str, &str); 3] =
    [("speaker of Async tools", "Anna"), ("hall of Anna", "Aula"), ("seats of Aula", "120")];

/// The longest question.
const LIMIT: u64 = 1024;

/// Answers on a thread of its own for as long as the program runs.
pub(crate) fn start(without: Option<String>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            // One that breaks off is not answered.
            let _broken = stream.and_then(|stream| answer(stream, without.as_deref()));
        }
    });
    Ok(addr)
}

fn answer(mut stream: TcpStream, without: Option<&str>) -> io::Result<()> {
    let mut question = String::new();
    BufReader::new((&stream).take(LIMIT)).read_line(&mut question)?;
    match answer_to(question.trim_end(), without) {
        Some(answer) => writeln!(stream, "{answer}"),
        None => Ok(()),
    }
}

/// The answer, if the question is known.
pub(crate) fn answer_to(question: &str, without: Option<&str>) -> Option<&'static str> {
    let known = ANSWERS.iter().find(|(known, _)| *known == question && without != Some(known));
    known.map(|(_, answer)| *answer)
}

/// The answer in a line, if there is one.
pub(crate) fn answered(line: String) -> io::Result<String> {
    match line.trim_end() {
        "" => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server does not know")),
        answer => Ok(answer.to_owned()),
    }
}
