//! The same random sequences of calls on files, in a world and on the system's own: the outcomes
//! are the same.
#![cfg(unix)]

use std::fmt::Debug;
use std::io::{self, SeekFrom};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use loop_api::EventLoop;
use loop_api::fs::{DirOptions, File, Fs, Metadata, OpenOptions, ReadDir};
use loop_sim::{Rng, SimLoop};

/// Paths within the folder of a run. The last two are often links.
const PATHS: [&str; 12] =
    ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "d/../b", "a/below", "missing/a", "link", "d/link"];

const TARGETS: [&str; 6] = ["a", "d", "../b", "link", "e/a", "missing"];

fn path(rng: &mut Rng, folder: &Path) -> PathBuf {
    folder.join(PATHS[rng.below(PATHS.len() as u64) as usize])
}

fn outcome<T: Debug>(result: io::Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn known(metadata: &Metadata) -> (bool, bool, u64, u64) {
    let is_dir = metadata.is_dir();
    // What systems tell of folders differs.
    let (len, links) = if is_dir { (0, 0) } else { (metadata.len(), metadata.nlink()) };
    (is_dir, metadata.is_symlink(), len, links)
}

fn options(rng: &mut Rng) -> OpenOptions {
    let mut often = |of: u64| rng.below(of) != 0;
    let options = OpenOptions::new().read(often(3)).write(often(3)).append(!often(5));
    options.truncate(!often(4)).create(often(2)).create_new(!often(8))
}

/// Something that is done with an open file.
async fn on_file<F: File>(file: &mut F, rng: &mut Rng) -> String {
    let (n, at) = (1 + rng.below(6000), rng.below(9000));
    let bytes = vec![b'0' + (n % 10) as u8; n as usize];
    match rng.below(12) {
        0..=3 => {
            let written = match file.write_all(&bytes).await {
                Ok(()) => file.flush().await,
                Err(error) => Err(error),
            };
            format!("write {n}: {}", outcome(written))
        }
        4 | 5 => {
            let mut buf = bytes;
            let read = file.read(&mut buf).await;
            let sum: u64 = buf.iter().map(|byte| u64::from(*byte)).sum();
            format!("read {n}: {} {sum}", outcome(read))
        }
        6 => format!("seek to {at}: {}", outcome(file.seek(SeekFrom::Start(at)).await)),
        7 => {
            let by = at as i64 - 4000;
            let position = if n % 2 == 0 { SeekFrom::Current(by) } else { SeekFrom::End(by) };
            format!("seek {position:?}: {}", outcome(file.seek(position).await))
        }
        8 => format!("set_len {at}: {}", outcome(file.set_len(at).await)),
        9 => {
            let (read, buf) = file.read_at(bytes, at).await;
            let sum: u64 = buf.iter().map(|byte| u64::from(*byte)).sum();
            format!("read_at {at}: {} {sum}", outcome(read))
        }
        10 => format!("write_at {at}: {}", outcome(file.write_at(bytes, at).await.0)),
        _ => {
            let synced = if n % 2 == 0 { file.sync_all().await } else { file.sync_data().await };
            format!("sync: {}; {}", outcome(synced), outcome(file.metadata().await.map(|m| known(&m))))
        }
    }
}

async fn names<H: Fs>(host: &H, path: PathBuf) -> io::Result<Vec<String>> {
    let (mut reading, mut names) = (host.read_dir(path).await?, Vec::new());
    while let Some(entry) = reading.next_entry().await? {
        let kind = entry.file_type().map(|kind| (kind.is_dir(), kind.is_symlink()));
        names.push(format!("{:?} {kind:?}", entry.file_name()));
    }
    names.sort();
    Ok(names)
}

/// Something that is done by a path.
async fn by_path<H: Fs>(host: &H, folder: &Path, rng: &mut Rng) -> String {
    let (one, other) = (path(rng, folder), path(rng, folder));
    let short = |path: &Path| path.strip_prefix(folder).map(Path::to_owned).unwrap_or_default();
    let what = rng.below(18);
    let said = match what {
        0 | 1 => outcome(host.rename(one.clone(), other.clone()).await),
        2 => outcome(host.remove_file(one.clone()).await),
        3 => outcome(host.remove_dir(one.clone()).await),
        4 if rng.below(3) == 0 => outcome(host.remove_dir_all(one.clone()).await),
        4..=6 => {
            let options = DirOptions::new().recursive(rng.below(2) == 0);
            outcome(host.create_dir(one.clone(), options).await)
        }
        7 | 8 => outcome(names(host, one.clone()).await),
        9 => outcome(host.hard_link(one.clone(), other.clone()).await),
        10 => {
            let target = TARGETS[rng.below(TARGETS.len() as u64) as usize];
            outcome(host.symlink(target.into(), one.clone(), false).await)
        }
        11 => outcome(host.read_link(one.clone()).await),
        12 => outcome(host.copy(one.clone(), other.clone()).await),
        13 => outcome(host.metadata(one.clone()).await.map(|m| known(&m))),
        14 => outcome(host.symlink_metadata(one.clone()).await.map(|m| known(&m))),
        15 => outcome(host.canonicalize(one.clone()).await.map(|whole| short(&whole))),
        16 => {
            let mode = [0o755, 0o700, 0o744][rng.below(3) as usize];
            let set = host.set_permissions(one.clone(), PermissionsExt::from_mode(mode)).await;
            let is = host.metadata(one.clone()).await.map(|m| m.mode() & 0o777);
            if set.is_ok() { outcome(is) } else { outcome(set) }
        }
        _ => outcome(host.read(one.clone()).await.map(|bytes| bytes.len())),
    };
    format!("{what} {} {}: {said}", short(&one).display(), short(&other).display())
}

/// What each call gave.
fn outcomes<L: EventLoop>(mut event_loop: L, folder: &Path, seed: u64) -> Vec<String>
where
    L::Handle: Fs,
{
    let host = event_loop.handle().clone();
    event_loop.block_on(async move {
        let (mut rng, mut log, mut open) = (Rng::new(seed), Vec::new(), Vec::new());
        host.create_dir(folder.to_owned(), DirOptions::new().recursive(true)).await.unwrap();
        // It may be behind a link.
        let folder = host.canonicalize(folder.to_owned()).await.unwrap();
        for _ in 0..60 {
            log.push(match rng.below(5) {
                0 => {
                    let (path, options) = (path(&mut rng, &folder), options(&mut rng));
                    let said = format!("open {} {options:?}", path.display());
                    match host.open(path, options).await {
                        // Where a folder's end is differs from system to system.
                        Ok(mut file) if file.metadata().await.is_ok_and(|m| m.is_dir()) => {
                            let read = file.read(&mut [0; 8]).await;
                            format!("{said}: {} {}", outcome(read), outcome(file.sync_all().await))
                        }
                        Ok(file) => {
                            open.push(file);
                            said
                        }
                        Err(error) => format!("{said}: {:?}", error.kind()),
                    }
                }
                1 | 2 if !open.is_empty() => {
                    let at = rng.below(open.len() as u64) as usize;
                    format!("{at} {}", on_file(&mut open[at], &mut rng).await)
                }
                3 if open.len() > 3 => {
                    let at = rng.below(open.len() as u64) as usize;
                    drop(open.swap_remove(at));
                    format!("close {at}")
                }
                _ => by_path(&host, &folder, &mut rng).await,
            });
        }
        log
    })
}

#[test]
fn a_worlds_files_do_what_the_systems_do() {
    let mut wrong = Vec::new();
    let base = std::env::temp_dir().join(format!("anyloop-files-{}", std::process::id()));
    for seed in 0..60 {
        // Links lead to the folder above, too.
        let folder = base.join(seed.to_string()).join("in");
        let real = outcomes(loop_native::NativeLoop::new().unwrap(), &folder, seed);
        let simulated = outcomes(SimLoop::builder().build(), &folder, seed);
        if let Some(at) = (0..real.len()).find(|at| real[*at] != simulated[*at]) {
            let before = &real[at.saturating_sub(12)..at];
            wrong.push(format!(
                "seed {seed}: after {before:#?}\n  system {}\n  world  {}",
                real[at], simulated[at]
            ));
        }
    }
    let _ = std::fs::remove_dir_all(base);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
