//! What a program may rely on of a disk, and what not.

use std::collections::BTreeSet;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::fs::{DirOptions, File as _, Fs, OpenOptions};
use loop_api::net::{Net, TcpOptions, UdpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{
    Chaos, Disk, DiskCall, DiskConfig, Fault, File, Latency, Order, SimHandle, SimLoop, check_deterministic,
};

fn here() -> SimHandle {
    SimHandle::current()
}

async fn create(path: &str) -> io::Result<File> {
    here().open(path.into(), OpenOptions::new().read(true).write(true).create(true)).await
}

/// Makes a file with a text in it.
async fn put(path: &str, text: &str) -> io::Result<File> {
    let mut file = create(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await?;
    Ok(file)
}

/// Runs a program on a host in a world, to its end.
fn on_host<T: Send + 'static>(sim: &mut SimLoop, program: impl Future<Output = T> + Send + 'static) -> T {
    let host = sim.world().host("a");
    sim.block_on(host.spawn(program)).unwrap()
}

/// What crashes at the end of `program` leave, as `look` tells it, over many seeds.
fn left<T: Ord, Fut>(program: impl Fn() -> Fut, look: impl Fn(&Disk) -> T) -> BTreeSet<T>
where
    Fut: Future<Output = io::Result<()>> + Send + 'static,
{
    (0..200)
        .map(|seed| {
            let mut sim = SimLoop::builder().seed(seed).build();
            on_host(&mut sim, program()).unwrap();
            sim.world().fault(Fault::crash("a")).unwrap();
            look(&sim.world().disk("a"))
        })
        .collect()
}

fn text(disk: &Disk, path: &str) -> Option<String> {
    disk.read(path).ok().map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn a_new_file_is_there_once_it_and_its_folder_were_synced() {
    let program = |file: bool, folder: bool| {
        move || async move {
            let written = put("/file", "text").await?;
            if file {
                written.sync_all().await?;
            }
            if folder {
                here().sync_dir("/".into()).await?;
            }
            io::Result::Ok(())
        }
    };
    let look = |disk: &Disk| text(disk, "/file");
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(left(program(true, true), look), [some("text")].into());
    assert_eq!(left(program(true, false), look), [None, some("text")].into());
    assert_eq!(left(program(false, true), look), [some(""), some("text")].into());
    assert_eq!(left(program(false, false), look), [None, some(""), some("text")].into());
}

#[test]
fn a_rename_is_atomic_and_lasts_once_its_folder_was_synced() {
    let program = |synced: bool| {
        move || async move {
            put("/file", "old").await?.sync_all().await?;
            put("/new", "new").await?.sync_all().await?;
            here().sync_dir("/".into()).await?;
            here().rename("/new".into(), "/file".into()).await?;
            if synced {
                // As libraries do it: by opening the folder.
                here().open("/".into(), OpenOptions::new().read(true)).await?.sync_all().await?;
            }
            io::Result::Ok(())
        }
    };
    let look = |disk: &Disk| (text(disk, "/file").unwrap(), text(disk, "/new").is_some());
    let (old, new) = (("old".to_owned(), true), ("new".to_owned(), false));
    assert_eq!(left(program(false), look), [old, new.clone()].into());
    assert_eq!(left(program(true), look), [new].into());
}

#[test]
fn a_rename_of_what_was_not_synced_may_leave_an_empty_file() {
    let program = || async {
        put("/file", "old").await?.sync_all().await?;
        here().sync_dir("/".into()).await?;
        put("/new", "new").await?;
        here().rename("/new".into(), "/file".into()).await?;
        here().sync_dir("/".into()).await
    };
    assert_eq!(left(program, |disk| text(disk, "/file").unwrap()), ["".to_owned(), "new".to_owned()].into());
}

#[test]
fn changes_of_a_folder_keep_their_order_and_those_of_two_folders_do_not() {
    let program = || async {
        for folder in ["/one", "/two"] {
            here().create_dir(folder.into(), DirOptions::new()).await?;
        }
        here().sync_dir("/".into()).await?;
        for path in ["/one/first", "/one/second", "/two/third"] {
            create(path).await?;
        }
        io::Result::Ok(())
    };
    let left =
        left(program, |disk| ["/one/first", "/one/second", "/two/third"].map(|path| disk.read(path).is_ok()));
    let wanted = [
        [false, false, false],
        [true, false, false],
        [true, true, false],
        [false, false, true],
        [true, false, true],
        [true, true, true],
    ];
    assert_eq!(left, wanted.into());
}

#[test]
fn a_move_between_folders_is_atomic_and_either_sync_keeps_it() {
    for synced in ["", "/from", "/to"] {
        let program = move || async move {
            for folder in ["/from", "/to"] {
                here().create_dir(folder.into(), DirOptions::new()).await?;
            }
            put("/from/file", "text").await?.sync_all().await?;
            for folder in ["/", "/from"] {
                here().sync_dir(folder.into()).await?;
            }
            // It must come with the move, as folders keep their order.
            create("/to/earlier").await?;
            here().rename("/from/file".into(), "/to/file".into()).await?;
            if !synced.is_empty() {
                here().sync_dir(synced.into()).await?;
            }
            io::Result::Ok(())
        };
        let left = left(program, |disk| {
            ["/from/file", "/to/file", "/to/earlier"].map(|path| disk.read(path).is_ok())
        });
        let mut wanted = BTreeSet::from([[false, true, true]]);
        if synced.is_empty() {
            wanted.extend([[true, false, false], [true, false, true]]);
        }
        assert_eq!(left, wanted, "{synced}");
    }
}

#[test]
fn a_folder_that_is_lost_takes_what_is_in_it_along() {
    let program = || async {
        here().create_dir("/folder".into(), DirOptions::new()).await?;
        put("/folder/file", "text").await?.sync_all().await?;
        here().sync_dir("/folder".into()).await
    };
    assert_eq!(left(program, |disk| text(disk, "/folder/file").is_some()), [false, true].into());
}

#[test]
fn a_file_that_was_removed_may_be_back_as_it_was() {
    let program = || async {
        put("/file", "text").await?.sync_all().await?;
        here().sync_dir("/".into()).await?;
        here().remove_file("/file".into()).await
    };
    assert_eq!(left(program, |disk| text(disk, "/file")), [None, Some("text".to_owned())].into());
}

#[test]
fn what_was_accepted_and_not_written_is_gone_with_the_host() {
    let config = DiskConfig::default().writes(Latency::Fixed(Duration::from_millis(10)));
    let mut sim = SimLoop::builder().disk(config).build();
    on_host(&mut sim, async {
        let mut file = create("/file").await.unwrap();
        // Without a flush.
        file.write_all(b"text").await.unwrap();
    });
    sim.world().fault(Fault::crash("a")).unwrap();
    assert_eq!(text(&sim.world().disk("a"), "/file").unwrap_or_default(), "");
}

#[test]
fn a_crash_closes_the_files_and_a_restart_finds_what_is_on_the_disk() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let mut file = on_host(&mut sim, async { put("/file", "text").await.unwrap() });
    assert_eq!(world.host("a").resources().files, 1);
    world.fault(Fault::crash("a")).unwrap();
    assert_eq!(world.host("a").resources().files, 0);
    let closed = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<loop_api::Closed>());
    sim.block_on(async {
        for result in [file.read(&mut [0; 4]).await.map(drop), file.sync_all().await, file.set_len(1).await] {
            assert!(closed(&result.unwrap_err()));
        }
    });
    drop(file);
    world.disk("a").write("/etc/conf", b"port").unwrap();
    world.fault(Fault::restart("a")).unwrap();
    let read = on_host(&mut sim, async { here().read("/etc/conf".into()).await.unwrap() });
    assert_eq!((read, world.host("a").boot(), world.host("a").resources().files), (b"port".to_vec(), 1, 0));
}

/// As a program that is killed, and not a machine.
#[cfg(unix)]
#[test]
fn a_signal_that_ends_a_program_takes_nothing_that_it_wrote() {
    let mut lost = 0;
    for seed in 0..30 {
        let mut sim = SimLoop::builder().seed(seed).build();
        let world = sim.world();
        on_host(&mut sim, async { put("/file", "text").await.map(drop).unwrap() });
        world.fault(Fault::signal("a", "SIGKILL")).unwrap();
        assert!(world.host("a").shared().is_closed());
        assert_eq!(text(&world.disk("a"), "/file").as_deref(), Some("text"));
        if seed % 2 == 0 {
            world.fault(Fault::restart("a")).unwrap();
            assert_eq!(text(&world.disk("a"), "/file").as_deref(), Some("text"));
        }
        world.fault(Fault::crash("a")).unwrap();
        lost += u32::from(text(&world.disk("a"), "/file").is_none());
    }
    assert!((1..30).contains(&lost), "lost {lost} times");
}

#[test]
fn each_host_has_a_disk_of_its_own() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    world.disk("b").write("/file", b"b").unwrap();
    on_host(&mut sim, async { put("/file", "a").await.map(drop).unwrap() });
    assert_eq!(["a", "b"].map(|host| text(&world.disk(host), "/file").unwrap()), ["a", "b"]);
}

#[test]
fn a_sync_that_lies_keeps_nothing() {
    let mut lost = 0;
    for seed in 0..50 {
        let mut sim = SimLoop::builder().seed(seed).build();
        let world = sim.world();
        world.disk("a").write("/file", b"").unwrap();
        world.fault(Fault::sync_lies("a")).unwrap();
        on_host(&mut sim, async { put("/file", "text").await.unwrap().sync_all().await.unwrap() });
        world.fault(Fault::crash("a")).unwrap();
        lost += u32::from(world.disk("a").read("/file").unwrap().is_empty());
    }
    assert!((1..50).contains(&lost), "lost {lost} times");
}

#[test]
fn what_a_failed_sync_lost_no_later_sync_brings_back() {
    let mut lost = 0;
    for seed in 0..50 {
        let mut sim = SimLoop::builder().seed(seed).build();
        let world = sim.world();
        world.disk("a").write("/file", b"").unwrap();
        world.fault(Fault::disk_fails("a", DiskCall::Syncs)).unwrap();
        let inside = world.clone();
        on_host(&mut sim, async move {
            let file = put("/file", "text").await.unwrap();
            assert!(file.sync_all().await.is_err());
            inside.fault(Fault::disk_works("a", DiskCall::Syncs)).unwrap();
            file.sync_all().await.unwrap();
            assert_eq!(here().read("/file".into()).await.unwrap(), b"text");
        });
        world.fault(Fault::crash("a")).unwrap();
        lost += u32::from(world.disk("a").read("/file").unwrap().is_empty());
    }
    assert!((1..50).contains(&lost), "lost {lost} times");
}

#[test]
fn a_full_disk_takes_what_fits() {
    let mut sim = SimLoop::builder().disk(DiskConfig::default().capacity(3 * 4096)).build();
    let world = sim.world();
    let inside = world.clone();
    on_host(&mut sim, async move {
        let mut file = put("/file", "text").await.unwrap();
        file.write_all(&[1; 4 * 4096]).await.unwrap();
        assert_eq!(file.flush().await.unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(file.metadata().await.unwrap().len(), 3 * 4096);
        // What has a place can be written anew.
        assert_eq!(file.write_at(b"TEXT".to_vec(), 0).await.0.unwrap(), 4);
        here().write("/other".into(), b"x".to_vec()).await.unwrap_err();
        here().remove_file("/file".into()).await.unwrap();
        here().write("/other".into(), b"x".to_vec()).await.expect_err("it is open still");
        drop(file);
        here().write("/other".into(), b"x".to_vec()).await.unwrap();
        inside.fault(Fault::disk_full("a")).unwrap();
        let refused = create("/third").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::StorageFull);
        assert!(refused.to_string().contains("/third"), "{refused}");
        inside.fault(Fault::disk_freed("a")).unwrap();
        create("/third").await.unwrap();
    });
}

#[test]
fn a_disk_fails_is_slow_and_runs_out_of_descriptors() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let inside = world.clone();
    on_host(&mut sim, async move {
        let fault = |fault| inside.fault(fault).unwrap();
        let mut file = put("/file", "text").await.unwrap();
        fault(Fault::disk_fails("a", DiskCall::Reads));
        assert!(here().read("/file".into()).await.is_err());
        fault(Fault::disk_works("a", DiskCall::Reads));
        fault(Fault::disk_fails("a", DiskCall::Writes));
        file.write_all(b"more").await.unwrap();
        file.sync_all().await.unwrap_err();
        fault(Fault::disk_works("a", DiskCall::Writes));
        assert_eq!(here().read("/file".into()).await.unwrap(), b"text");

        let start = inside.elapsed();
        file.sync_all().await.unwrap();
        let took = inside.elapsed() - start;
        assert!((50..200).contains(&took.as_micros()), "{took:?}");
        fault(Fault::disk_slow("a", Duration::from_secs(3)));
        file.sync_all().await.unwrap();
        assert!(inside.elapsed() - start >= Duration::from_secs(3));
        fault(Fault::disk_slow("a", Duration::ZERO));

        fault(Fault::descriptors_exhausted("a"));
        #[cfg(unix)]
        let exhausted = |error: io::Error| {
            assert_eq!(loop_api::fs::error::raw_os_error(&error), Some(24), "{error}");
        };
        #[cfg(not(unix))]
        let exhausted = |_: io::Error| {};
        exhausted(create("/other").await.unwrap_err());
        exhausted(file.try_clone().await.unwrap_err());
        let (any, options) = (([0, 0, 0, 0], 0).into(), TcpOptions::new());
        exhausted(here().listen_tcp(any, &options).unwrap_err());
        exhausted(here().connect_tcp(([10, 0, 0, 1], 1).into(), options).await.unwrap_err());
        exhausted(here().bind_udp(any, &UdpOptions::new()).unwrap_err());
        fault(Fault::descriptors_freed("a"));
        create("/other").await.unwrap();
        here().bind_udp(any, &UdpOptions::new()).unwrap();
    });
}

#[test]
fn a_wipe_takes_all_and_crashes_the_host() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    on_host(&mut sim, async {
        put("/file", "text").await.unwrap().sync_all().await.unwrap();
        here().sync_dir("/".into()).await.unwrap();
    });
    world.fault(Fault::wipe("a")).unwrap();
    assert!(world.host("a").shared().is_closed());
    assert_eq!(world.disk("a").files(), Vec::<PathBuf>::new());
    let refused = world.fault(Fault::wipe("main")).unwrap_err();
    assert!(refused.to_string().contains("a host of its own"), "{refused}");
}

#[test]
fn what_a_disk_of_a_world_has_not_says_what_does_instead() {
    let mut sim = SimLoop::builder().build();
    on_host(&mut sim, async {
        let path = PathBuf::from("/file");
        let of_std = OpenOptions::from(std::fs::OpenOptions::new());
        let flags = OpenOptions::new().write(true).create(true).custom_flags(0o4010000);
        for (options, advice) in [(of_std, "the loop's own"), (flags, "sync_data")] {
            let error = here().open(path.clone(), options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains(advice), "{error}");
        }
        let file = create("/file").await.unwrap();
        assert!(file.as_std().is_none());
        let file = file.into_std().unwrap_err();
        let error = file.set_times(std::fs::FileTimes::new()).await.unwrap_err();
        assert!(error.to_string().contains("set_modified"), "{error}");
    });
}

/// Files, syncs, renames, crashes and errors by the seed.
fn busy(sim: &mut SimLoop) {
    let world = sim.world();
    for name in ["a", "b"] {
        world.host(name).run(|| async {
            for n in 0..60_u64 {
                let write = async {
                    let path = format!("/file{}", here().world().random(5));
                    let text = format!("{n} ").repeat(1 + here().world().random(200) as usize);
                    let file = put(&path, &text).await?;
                    if here().world().random(2) == 0 {
                        file.sync_data().await?;
                        here().rename(path.into(), "/last".into()).await?;
                    }
                    io::Result::Ok(())
                };
                if write.await.is_err() {
                    here().sleep(Duration::from_millis(5)).await;
                }
            }
        });
    }
    let second = Duration::from_secs(1);
    world.chaos(&Chaos::everything(second).crashes(5.0).lying_syncs(2.0).wipes(1.0));
    sim.block_on(sim.handle().sleep(2 * second));
    for name in ["a", "b"] {
        for path in world.disk(name).files() {
            world.note(format_args!("{name} {path:?} {:?}", world.disk(name).read(&path).unwrap()));
        }
    }
}

#[test]
fn disks_repeat_themselves_under_all_faults() {
    for seed in 0..8 {
        check_deterministic(seed, &SimLoop::builder().order(Order::Random), busy).unwrap();
    }
}
