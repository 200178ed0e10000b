//! The table, and the page it stands on.

use std::error::Error;
use std::fmt::Write;
use std::process::Command;

use crate::Row;

/// The table in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| backend | operation | instructions raw | one compiled in | all compiled in | allocations raw / ours | system calls raw / ours |\n\
         |---|---|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let ratio = |ours: f64| format!("{ours:.0} ({:.3})", ours / row.raw.instructions);
        let calls = match (row.raw.system_calls, row.one.system_calls) {
            (Some(raw), Some(ours)) => format!("{raw:.2} / {ours:.2}"),
            _ => "not counted".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ok = writeln!(
            table,
            "| {} | {} | {:.0} | {} | {} | {:.2} / {:.2} | {calls} |",
            row.backend,
            row.workload,
            row.raw.instructions,
            ratio(row.one.instructions),
            ratio(row.all.instructions),
            row.raw.allocations,
            row.one.allocations,
        );
    }
    table
}

/// The whole page.
pub(crate) fn page(table: &str, against_tokio: &str, misses: &[String]) -> Result<String, Box<dyn Error>> {
    let rustc = Command::new("rustc").arg("--version").output()?.stdout;
    let valgrind = Command::new("valgrind").arg("--version").output()?.stdout;
    let tools = [String::from_utf8_lossy(&rustc), String::from_utf8_lossy(&valgrind)]
        .map(|v| v.trim().to_owned())
        .join(", ");
    let misses = match misses {
        [] => "No limit is passed.".to_owned(),
        misses => {
            format!("Over the limit:\n\n{}", misses.iter().map(|m| format!("- {m}\n")).collect::<String>())
        }
    };
    Ok(format!(
        "# What anyloop costs\n\n\
         <!-- written by `cargo run --release -p benches --bin costs`; do not edit -->\n\n\
         Instructions (valgrind's callgrind), allocations and system calls of one operation: the runtime used directly, anyloop with that\n\
         backend alone compiled in, and anyloop with all. In brackets: ours to raw. Both ends of an echo run on the one thread, and both\n\
         are counted. `raw` of native is the backend without the facade; `raw` of call_soon is a detached task, as other\n\
         runtimes have no callbacks. `tokio_io` is an echo through tokio's I/O traits, into memory that is not initialised. {tools}.\n\n\
         With one worker thread (`native-1`, `tokio-1`) the whole work is a task, and the thread that called waits for it.\n\n\
         Limits, and what stands in the way of the goals (echo 1.03 with one compiled in and 1.06 with all, spawn and sleep 1.10), are in\n\
         `benches/costs/limits.rs`; no allocation and no system call more. Smol is held to no limit, as its\n\
         counts hang on how its reactor's thread and the loop take turns. A sleep with all compiled in is as large as tokio's own, of 112 bytes, and its loop: it is not boxed.\n\
         A task with an idle connection takes 128 bytes more on tokio (`compare`, idle-connection): with several compiled in the stream is 8\n\
         bytes larger and the task's future 16, and tokio makes its tasks in steps of 128 bytes.\n\n{table}\n\
         Instructions of the native loop, with no other compiled in, to those of tokio's current-thread runtime used directly:\n\n\
         {against_tokio}\n{misses}\n"
    ))
}
