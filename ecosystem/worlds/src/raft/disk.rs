//! Files that outlive a crash.

use std::io;
use std::path::Path;

use anyloop::fs::{self, File};
use anyloop::io::AsyncWriteExt;

use super::types::Bug;

/// A record with its length and a checksum before it, so that one that a crash tore is known.
pub(crate) fn framed(record: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(record.len() + 8);
    bytes.extend((record.len() as u32).to_be_bytes());
    bytes.extend(checksum(record).to_be_bytes());
    bytes.extend(record);
    bytes
}

/// The records at the beginning of `bytes` that are whole, and how long they are.
pub(crate) fn records(bytes: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some((head, rest)) = bytes[at..].split_first_chunk::<8>() {
        let (length, sum) = head.split_at(4);
        let number = |part: &[u8]| part.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let Some(record) = rest.get(..number(length) as usize) else { break };
        if record.is_empty() || checksum(record) != number(sum) {
            break;
        }
        records.push(record);
        at += 8 + record.len();
    }
    (records, at)
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// What stands in a file, if there is one.
pub(crate) async fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) async fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path).await?.sync_all().await
}

/// Puts `bytes` in the place of what stands in the file `name`: after a crash one or the other is there.
pub(crate) async fn replace(directory: &Path, name: &str, bytes: &[u8], bug: Bug) -> io::Result<()> {
    let new = directory.join(format!("{name}.new"));
    let mut file = File::create(&new).await?;
    file.write_all(bytes).await?;
    file.flush().await?;
    if bug != Bug::NoFsync {
        file.sync_all().await?;
    }
    fs::rename(&new, directory.join(name)).await?;
    match bug {
        Bug::NoFsync | Bug::NoDirectorySync => Ok(()),
        _ => sync_directory(directory).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_record_ends_the_log() {
        let mut bytes = framed(b"one");
        bytes.extend(framed(b"two"));
        let whole = bytes.len();
        bytes.extend(&framed(b"three")[..10]);
        assert_eq!(records(&bytes), (vec![&b"one"[..], b"two"], whole));
        bytes[9] ^= 1;
        assert_eq!(records(&bytes), (vec![], 0));
    }
}
