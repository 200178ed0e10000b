//! std's clock and hash keys in a world.
#![cfg(all(feature = "interpose", target_os = "linux", target_pointer_width = "64"))]

use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Order, SimHandle, SimLoop, check_deterministic, seeds};

/// A program that knows only the standard library's clock and maps.
async fn program(n: u64) {
    let here = SimHandle::current();
    let (start, day) = (Instant::now(), SystemTime::now());
    let mut map: HashMap<u64, u64> = (0..50).map(|key| (key, key * n)).collect();
    // In the order of the map, which decides how long it sleeps in between.
    for key in map.keys().copied().collect::<Vec<_>>() {
        here.sleep(Duration::from_millis(key)).await;
        map.insert(
            key + 100,
            here.spawn_blocking(|| Instant::now().elapsed().as_nanos() as u64).await.unwrap(),
        );
    }
    here.world().note(format_args!("{:?}", map.iter().collect::<Vec<_>>()));
    here.world().note(format_args!("{start:?} {:?} {:?}", start.elapsed(), day.elapsed()));
    assert_eq!(start.elapsed(), day.elapsed().unwrap());
    assert!(start.elapsed() >= Duration::from_millis(49 * 50 / 2), "{:?}", start.elapsed());
}

fn run(sim: &mut SimLoop) {
    let tasks: Vec<_> = ["a", "b"].map(|name| sim.world().host(name).spawn(program(7))).into_iter().collect();
    sim.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn hashes() -> String {
    let report = seeds(0..10, &Builder::new().order(Order::Random), run);
    report.unwrap();
    report.hashes.values().map(|hash| format!("{hash:016x}")).collect()
}

#[test]
#[ignore = "it is run by the other test, in a process of its own"]
fn prints_its_hashes() {
    println!("\nhashes of the seeds: {}", hashes());
}

#[test]
fn a_program_with_stds_clock_and_maps_repeats_itself_here_and_in_another_process() {
    check_deterministic(3, &Builder::new(), run).unwrap_or_else(|difference| panic!("{difference}"));
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prints_its_hashes", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let other = String::from_utf8(other.stdout).unwrap();
    assert!(other.contains(&format!("hashes of the seeds: {}\n", hashes())), "{other}");
}

#[test]
fn hash_keys_differ_from_seed_to_seed() {
    let order = |seed| {
        // Keys are a thread's: each world has its own.
        let of_world = move || {
            let mut sim = SimLoop::builder().seed(seed).build();
            sim.block_on(async {
                (0..50).map(|key| (key, ())).collect::<HashMap<u64, ()>>().into_keys().collect::<Vec<_>>()
            })
        };
        std::thread::spawn(of_world).join().unwrap()
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn outside_of_worlds_and_between_runs_the_clock_is_the_systems() {
    let file_time = || {
        let path = std::env::temp_dir().join(format!("anyloop-interpose-{}", std::process::id()));
        std::fs::write(&path, "x").unwrap();
        let time = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::remove_file(&path).unwrap();
        time
    };
    let differ = |told: SystemTime| file_time().duration_since(told).unwrap_or_default();
    let before = Instant::now();
    let mut sim = SimLoop::builder().build();
    let hour = Duration::from_secs(3600);
    let (inside, beside) = sim.block_on(async {
        let start = Instant::now();
        SimHandle::current().sleep(hour).await;
        (start.elapsed(), std::thread::spawn(SystemTime::now).join().unwrap())
    });
    assert!(inside >= hour);
    // The files' clock may lag behind by a tick.
    assert!(differ(beside + Duration::from_secs(1)) < hour && differ(SystemTime::now()) < hour);
    assert!(beside > SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_689_600) + 2 * hour);
    assert!(before.elapsed() < hour, "the hour was not this thread's");
}
