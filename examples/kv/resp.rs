//! What redis' clients and servers say to each other (RESP 2), as far as this server needs it. The
//! log is written in it too.

use std::io::{self, ErrorKind};

use anyloop::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// The longest line, and the most bytes that the arguments of a command may have together.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// A command and its arguments.
pub(crate) type Command = Vec<Vec<u8>>;

/// The next command, or `None` at the end. It is an array as clients send it, or a line of words as
/// a person types it.
pub(crate) async fn read_command(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Command>> {
    let mut line = Vec::new();
    if reader.fill_buf().await?.is_empty() {
        return Ok(None);
    }
    read_line(reader, &mut line).await?;
    if line.first() != Some(&b'*') {
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        return Ok(Some(words.map(<[u8]>::to_vec).collect()));
    }
    let mut command = Vec::new();
    let mut left = LIMIT;
    for _ in 0..length(&line, b'*', 1024)? {
        read_line(reader, &mut line).await?;
        let n = length(&line, b'$', left)?;
        left -= n;
        let mut argument = vec![0; n];
        reader.read_exact(&mut argument).await?;
        let mut end = [0; 2];
        reader.read_exact(&mut end).await?;
        if end != *b"\r\n" {
            return Err(invalid("an argument is longer than its length says"));
        }
        command.push(argument);
    }
    Ok(Some(command))
}

async fn read_line(reader: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    reader.take(LIMIT as u64).read_until(b'\n', line).await?;
    match line.pop() {
        Some(b'\n') => {}
        _ if line.len() + 1 >= LIMIT => return Err(invalid("a line is too long")),
        _ => return Err(ErrorKind::UnexpectedEof.into()),
    }
    line.truncate(line.trim_ascii_end().len());
    Ok(())
}

/// The number behind the sign at the beginning of a line.
fn length(line: &[u8], sign: u8, most: usize) -> io::Result<usize> {
    let digits = line.strip_prefix(&[sign]).and_then(|digits| std::str::from_utf8(digits).ok());
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(n) if n <= most => Ok(n),
        Some(_) => Err(invalid("a command is too long")),
        None => Err(invalid("a length was expected")),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// Adds a command to `out`, as clients send it.
pub(crate) fn write_command(out: &mut Vec<u8>, command: &[&[u8]]) {
    out.extend_from_slice(format!("*{}\r\n", command.len()).as_bytes());
    for argument in command {
        write_bulk(out, argument);
    }
}

fn write_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("${}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// The server's answer to a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Text(&'static str),
    Value(Option<Vec<u8>>),
    Number(usize),
    Error(String),
}

impl Answer {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Answer::Text(text) => out.extend_from_slice(format!("+{text}\r\n").as_bytes()),
            Answer::Value(Some(value)) => write_bulk(&mut out, value),
            Answer::Value(None) => out.extend_from_slice(b"$-1\r\n"),
            Answer::Number(n) => out.extend_from_slice(format!(":{n}\r\n").as_bytes()),
            Answer::Error(error) => out.extend_from_slice(format!("-ERR {error}\r\n").as_bytes()),
        }
        out
    }
}
