//! What goes between the program and a worker: a length, and that many bytes of JSON.

use serde::{Deserialize, Serialize};

/// The longest frame, in bytes: what is longer belongs in a file.
pub(crate) const LIMIT: usize = 64 * 1024 * 1024;

/// A job: the argument is JSON within JSON, as only the job knows its type.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) job: String,
    pub(crate) argument: serde_json::Value,
}

/// What it came to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done(serde_json::Value),
    Unknown,
    Panicked(String),
    Data(String),
}

/// The length that goes before a frame, or an error if the frame is too long.
pub(crate) fn header(frame: &[u8]) -> Result<[u8; 4], String> {
    match u32::try_from(frame.len()) {
        Ok(length) if frame.len() <= LIMIT => Ok(length.to_be_bytes()),
        _ => Err(format!("{} bytes are more than the {LIMIT} that a job may have", frame.len())),
    }
}

/// The length that a header tells.
pub(crate) fn length(header: [u8; 4]) -> Result<usize, String> {
    let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
    if length > LIMIT {
        return Err("it wrote what is no result, such as to standard output".to_owned());
    }
    Ok(length)
}
