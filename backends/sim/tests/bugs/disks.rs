//! Bugs that only a crash of the machine shows.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use futures_lite::AsyncWriteExt;
use loop_api::fs::{File as _, Fs, OpenOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{Chaos, Fault, File, NetConfig, World};

use super::{find, here, ms, world};

/// Each call takes some milliseconds, so that crashes come in the middle of them.
fn crash_often(world: &World) {
    world.fault(Fault::disk_slow("server", ms(3))).unwrap();
    world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(4.0).lasting(ms(200)));
}

/// A server that at each start gets back what it has, and then adds to it and says so, again and
/// again. What it said must be there after each crash.
#[track_caller]
fn find_by_crashes<B, S>(
    words: &str,
    begin: impl Fn() -> B + Send + Sync + Copy + 'static,
    save: impl Fn(u64) -> S + Send + Sync + Copy + 'static,
) where
    B: Future<Output = io::Result<u64>> + Send + 'static,
    S: Future<Output = io::Result<()>> + Send + 'static,
{
    let shrunk = find(words, NetConfig::default(), move |sim| {
        let world_of = sim.world();
        let said = Arc::new(AtomicU64::new(0));
        world_of.host("server").run(move || {
            let said = said.clone();
            async move {
                let mut count = begin().await.expect("the disk works");
                let said_before = said.load(SeqCst);
                world().always("what was said is there", count >= said_before);
                loop {
                    count += 1;
                    save(count).await.expect("the disk works");
                    said.store(count, SeqCst);
                    here().sleep(ms(10)).await;
                }
            }
        });
        crash_often(&world_of);
        sim.block_on(sim.handle().sleep(ms(2500)));
    });
    // A restart is a crash, too.
    let plan = shrunk.plan.to_string();
    assert!(plan.contains("crash server") || plan.contains("restart server"), "{shrunk}");
}

async fn append() -> io::Result<File> {
    here().open("/log".into(), OpenOptions::new().append(true).create(true)).await
}

/// Makes the log, for good, and counts the records of `len` bytes.
async fn count_records(len: usize) -> io::Result<u64> {
    append().await?.sync_all().await?;
    here().sync_dir("/".into()).await?;
    Ok((here().read("/log".into()).await?.len() / len) as u64)
}

#[test]
fn a_log_that_is_not_synced() {
    find_by_crashes(
        "what was said is there",
        || count_records(8),
        |count| async move {
            let mut log = append().await?;
            log.write_all(&count.to_le_bytes()).await?;
            log.flush().await
        },
    );
}

#[test]
fn a_log_whose_last_record_is_taken_as_whole() {
    const RECORD: usize = 5000;
    find_by_crashes(
        "a torn record",
        || async {
            let count = count_records(RECORD).await?;
            let log = here().read("/log".into()).await?;
            for (n, record) in log.chunks(RECORD).enumerate() {
                assert!(record == [n as u8; RECORD], "a torn record");
            }
            Ok(count)
        },
        |count| async move {
            let mut log = append().await?;
            log.write_all(&[(count - 1) as u8; RECORD]).await?;
            log.flush().await?;
            // For others that write, too.
            here().sleep(ms(10)).await;
            log.sync_data().await
        },
    );
}

async fn settings() -> io::Result<u64> {
    match here().read("/settings".into()).await {
        Ok(bytes) => Ok(u64::from_le_bytes(bytes.try_into().expect("whole settings"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Puts new settings in the place of the old ones.
async fn replace(count: u64, sync_file: bool, sync_folder: bool) -> io::Result<()> {
    let options = OpenOptions::new().write(true).create(true).truncate(true);
    let mut file = here().open("/settings.new".into(), options).await?;
    file.write_all(&count.to_le_bytes()).await?;
    file.flush().await?;
    if sync_file {
        file.sync_all().await?;
    }
    here().rename("/settings.new".into(), "/settings".into()).await?;
    if sync_folder {
        here().sync_dir("/".into()).await?;
    }
    Ok(())
}

#[test]
fn a_rename_whose_folder_is_not_synced() {
    find_by_crashes("what was said is there", settings, |count| replace(count, true, false));
}

#[test]
fn a_rename_of_a_file_that_is_not_synced() {
    find_by_crashes("whole settings", settings, |count| replace(count, false, true));
}

/// What the others leave out: no seed fails.
#[test]
fn what_is_synced_as_it_must_be_survives() {
    let report = loop_sim::seeds(0..100, &loop_sim::Builder::new().order(loop_sim::Order::Random), |sim| {
        let world_of = sim.world();
        let said = Arc::new(AtomicU64::new(0));
        world_of.host("server").run(move || {
            let said = said.clone();
            async move {
                let mut count = settings().await.expect("the disk works");
                assert!(count >= said.load(SeqCst));
                world().sometimes("it had settings", count > 0);
                loop {
                    count += 1;
                    replace(count, true, true).await.expect("the disk works");
                    said.store(count, SeqCst);
                    here().sleep(ms(10)).await;
                }
            }
        });
        crash_often(&world_of);
        sim.block_on(sim.handle().sleep(ms(2500)));
    });
    report.unwrap();
}
