//! The keys, their values, and the log of all changes.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, SeekFrom};
use std::path::Path;

use anyloop::fs::{self, File, OpenOptions};
use anyloop::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader};
use examples::sync_folder;
use sha2::{Digest, Sha256};

use crate::resp::{Answer, Command, read_command, write_command};

/// Ends what was written at once, with its sum: what a crash left of it in part is not taken for
/// something that a client said.
const SEAL: &[u8] = b"SEAL";

pub(crate) struct Store {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How many bytes keys and values have, and may have.
    bytes: usize,
    limit: usize,
    log: File,
    /// What of the log is not written yet.
    pending: Vec<u8>,
}

impl Store {
    /// Makes again what the log tells. What has no seal at its end, or another one's, was being
    /// written in a crash and never answered, and is dropped.
    pub(crate) async fn open(path: &Path, limit: usize) -> io::Result<Store> {
        let log = OpenOptions::new().read(true).append(true).create(true).open(path).await?;
        let mut store =
            Store { values: BTreeMap::new(), bytes: 0, limit: usize::MAX, log, pending: Vec::new() };
        let mut reader = BufReader::new(File::open(path).await?);
        let (mut records, mut end) = (0, 0);
        let (mut batch, mut bytes) = (Vec::new(), Vec::new());
        loop {
            match read_command(&mut reader).await {
                Ok(Some(record)) if record.first().is_some_and(|name| name == SEAL) => {
                    let mut sealed = bytes.clone();
                    seal(&mut sealed);
                    write_words(&mut bytes, &record);
                    if bytes != sealed {
                        break;
                    }
                    end += bytes.len() as u64;
                    bytes.clear();
                    for record in batch.drain(..) {
                        if let Answer::Error(error) = store.apply(&record) {
                            return Err(damaged(path, records, &error));
                        }
                        records += 1;
                    }
                }
                Ok(Some(record)) => {
                    write_words(&mut bytes, &record);
                    batch.push(record);
                }
                Ok(None) => break,
                Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let is_whole = store.expect_no_later(path, end, records).await?;
        store.pending.clear();
        store.limit = limit;
        if records > store.values.len() || !is_whole {
            store.compact(path).await?;
        }
        sync_folder(path).await?;
        Ok(store)
    }

    /// Whether the log ends at `end`. What follows is one write that was not finished: each is on
    /// the disk before the next, so that the seals of two tell that what is between was whole.
    async fn expect_no_later(&mut self, path: &Path, end: u64, records: usize) -> io::Result<bool> {
        let mut rest = Vec::new();
        self.log.seek(SeekFrom::Start(end)).await?;
        self.log.read_to_end(&mut rest).await?;
        let mut begin = Vec::new();
        write_command(&mut begin, &[SEAL, &[b'0'; 16]]);
        begin.truncate(begin.len() - 18);
        if rest.windows(begin.len()).filter(|part| *part == begin).count() > 1 {
            return Err(damaged(path, records, "what follows them is not what was written"));
        }
        Ok(rest.is_empty())
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Does what a command asks for. A change is in the log only after [`write`](Self::write), and
    /// must not be answered before.
    pub(crate) fn apply(&mut self, command: &Command) -> Answer {
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        let Some((name, arguments)) = words.split_first() else {
            return Answer::Error("no command".to_owned());
        };
        match (name.to_ascii_uppercase().as_slice(), arguments) {
            (b"PING", []) => Answer::Text("PONG"),
            (b"DBSIZE", []) => Answer::Number(self.values.len()),
            (b"GET", [key]) => Answer::Value(self.values.get(*key).cloned()),
            (b"SET", [key, value]) => self.set(key, value),
            (b"DEL", [key]) => Answer::Number(usize::from(self.delete(key))),
            (b"PING" | b"DBSIZE" | b"GET" | b"SET" | b"DEL", _) => {
                Answer::Error("wrong number of arguments".to_owned())
            }
            _ => Answer::Error("unknown command: there are PING, DBSIZE, GET, SET and DEL".to_owned()),
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Answer {
        let old = self.values.get(key).map_or(0, |old| key.len() + old.len());
        let bytes = self.bytes - old + key.len() + value.len();
        if bytes > self.limit {
            return Answer::Error(format!("keys and values may have {} bytes together", self.limit));
        }
        self.bytes = bytes;
        self.values.insert(key.to_vec(), value.to_vec());
        write_command(&mut self.pending, &[b"SET", key, value]);
        Answer::Text("OK")
    }

    fn delete(&mut self, key: &[u8]) -> bool {
        let Some(value) = self.values.remove(key) else { return false };
        self.bytes -= key.len() + value.len();
        write_command(&mut self.pending, &[b"DEL", key]);
        true
    }

    /// Writes all changes to the disk.
    pub(crate) async fn write(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            seal(&mut self.pending);
            self.log.write_all(&self.pending).await?;
            self.log.sync_data().await?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Puts a log with what is there now in the place of the old one. At every moment one of the
    /// two is whole.
    async fn compact(&mut self, path: &Path) -> io::Result<()> {
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let mut log = File::create(&new).await?;
        for (key, value) in &self.values {
            let mut record = Vec::new();
            write_command(&mut record, &[b"SET", key, value]);
            seal(&mut record);
            log.write_all(&record).await?;
        }
        log.sync_all().await?;
        fs::rename(&new, path).await?;
        self.log = log;
        Ok(())
    }
}

/// Adds the seal of what is in `bytes`.
fn seal(bytes: &mut Vec<u8>) {
    let sum: String = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    write_command(bytes, &[SEAL, sum.as_bytes()]);
}

fn write_words(out: &mut Vec<u8>, command: &Command) {
    write_command(out, &command.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

fn damaged(path: &Path, records: usize, error: &str) -> io::Error {
    let text = format!("{} is damaged after {records} records: {error}", path.display());
    io::Error::new(ErrorKind::InvalidData, text)
}
