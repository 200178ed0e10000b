//! Figures that were not measured, to test what shows figures. They never leave the tests.

use crate::names::*;
use crate::results::{Better, Machine, Metric, Note, Results, Row, Summary};

/// Samples around `value`, the same in every run.
fn around(value: f64, seed: usize) -> Summary {
    let sample = |i: usize| value * (0.96 + 0.11 * ((i * 7 + seed * 13) % 29) as f64 / 28.0);
    Summary::of(&(0..40).map(sample).collect::<Vec<_>>(), Better::Lower).unwrap_or_default()
}

/// A run of everything, invented.
pub(crate) fn invented() -> Results {
    let mut rows = Vec::new();
    let factors = [
        (NATIVE, 0.9),
        (NATIVE_SPIN, 1.1),
        (TOKIO, 1.01),
        (SMOL, 1.4),
        (RAW_TOKIO, 1.0),
        (RAW_SMOL, 1.35),
        (RAW_EPOLL, 0.8),
        (MONOIO, 0.95),
        (COMPIO, 1.2),
    ];
    let mut seed = 0;
    let mut put = |workload: &str, params: &[(&str, u64)], metric: Metric, base: f64, spread: f64| {
        for (name, factor) in factors {
            seed += 1;
            let value = base * f64::powf(factor, spread);
            let summary = match metric {
                Metric::InstructionsPerOp | Metric::SyscallsPerOp => Summary::exact(value.round()),
                _ => around(value, seed),
            };
            rows.push(Row::new(workload, params, name, metric, summary));
        }
    };
    for bytes in [64, 4096] {
        for connections in [1, 50, 500, 5000] {
            let params = [("connections", connections), ("bytes", bytes)];
            let base = 9000.0 / (connections as f64).powf(0.07);
            put(TCP_ECHO, &params, Metric::CpuNsPerOp, base, 1.0);
            put(TCP_ECHO, &params, Metric::OpsPerS, 1e9 / base, -1.0);
            put(TCP_ECHO, &params, Metric::P50Us, 20.0 * connections as f64, 1.0);
            put(TCP_ECHO, &params, Metric::P99Us, 40.0 * connections as f64, 1.0);
            put(TCP_ECHO, &params, Metric::P999Us, 90.0 * connections as f64, 1.0);
            if bytes == 64 && connections < 500 {
                put(TCP_ECHO, &params, Metric::InstructionsPerOp, 4000.0, 3.0);
                put(TCP_ECHO, &params, Metric::SyscallsPerOp, 3.0, 0.0);
            }
        }
    }
    for pairs in [1, 50, 500] {
        put(UNIX_PAIRS, &[("pairs", pairs)], Metric::CpuNsPerOp, 3000.0, 1.0);
    }
    put(HYPER_HELLO, &[("connections", 50)], Metric::CpuNsPerOp, 14000.0, 0.8);
    put(SPAWN_JOIN, &[], Metric::CpuNsPerOp, 180.0, 6.0);
    put(YIELD, &[], Metric::CpuNsPerOp, 60.0, 6.0);
    put(CHANNEL, &[], Metric::CpuNsPerOp, 150.0, 2.0);
    put(SLEEP_DROP, &[], Metric::CpuNsPerOp, 90.0, 1.0);
    put(SLEEP_LATE, &[], Metric::LatenessUs, 400.0, 18.0);
    put(WAKE, &[], Metric::CpuNsPerOp, 5000.0, 1.0);
    put(IDLE_CONNECTION, &[], Metric::BytesEach, 900.0, 3.0);
    let models = [(NATIVE, 5000), (TOKIO, 5000), (SMOL, 5000), (SYNC, 50), (THREADS, 2000), (POOL, 500)];
    for clients in [1u64, 5, 16, 50, 200, 500, 1000, 2000, 5000] {
        for (at, (name, end)) in models.into_iter().enumerate() {
            if clients > end {
                continue;
            }
            let lanes = match name {
                SYNC => 1,
                POOL => clients.min(16),
                _ => clients,
            };
            let rate = (lanes as f64 * 900.0).min(60_000.0 - 4000.0 * at as f64);
            let memory =
                2.0 + clients as f64 * if name == THREADS { 0.02 } else { 0.0015 } * (1.0 + at as f64 * 0.1);
            let params = [("clients", clients)];
            let figures = [
                (Metric::OpsPerS, rate),
                (Metric::RssMib, memory),
                (Metric::P99Us, 1100.0 * (clients as f64 / lanes as f64)),
                (Metric::WaitedUs, 1060.0),
                (Metric::RanUs, 7.0 + at as f64),
            ];
            for (metric, value) in figures {
                rows.push(Row::new(SERVERS, &params, name, metric, around(value, at)));
            }
            let unserved = if clients == end && end < 5000 { 12.0 } else { 0.0 };
            rows.push(Row::new(SERVERS, &params, name, Metric::Unserved, Summary::exact(unserved)));
        }
    }
    Results {
        machine: Machine {
            cpu: "An Invented Processor & Co".into(),
            cores: 2,
            kernel: "linux 6.1".into(),
            memory_mib: 24_000,
            load: "0.1 before, 1.0 at the end".into(),
        },
        date: "2026-01-01T00:00:00Z".into(),
        command: "cargo run --release -p benches --bin compare".into(),
        versions: vec![("anyloop".into(), "invented".into()), ("rustc".into(), "1.95.0".into())],
        rows,
        notes: vec![
            Note::new(format!("{THREADS}/{SERVERS}"), "at 2 000 clients: 12 clients got no answer in 2 s"),
            Note::new(UNIX_PAIRS, "a note <about> a workload"),
        ],
        left_out: vec![Note::new(format!("{AGNOSTIC}/{UNIX_PAIRS}"), "has no unix sockets")],
    }
}
