//! The CSV: rows under a head of `# key: value` lines, so that one file is enough to make the page
//! again.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use super::{Metric, Note, Params, Results, Row, Summary};

const COLUMNS: [&str; 10] =
    ["workload", "parameters", "contestant", "metric", "unit", "median", "best", "p10", "p90", "samples"];

/// The whole file as text.
pub(crate) fn to_csv(results: &Results) -> Result<String, Box<dyn Error>> {
    let mut head = String::new();
    // A line is an entry, so none may hold a line's end.
    let mut put = |key: &str, value: &str| writeln!(head, "# {key}: {}", value.replace(['\n', '\r'], " "));
    put("date", &results.date)?;
    put("command", &results.command)?;
    put("cpu", &results.machine.cpu)?;
    put("cores", &results.machine.cores.to_string())?;
    put("kernel", &results.machine.kernel)?;
    put("memory", &format!("{} MiB", results.machine.memory_mib))?;
    if !results.machine.load.is_empty() {
        put("load", &results.machine.load)?;
    }
    for (name, version) in &results.versions {
        put("version", &format!("{name} = {version}"))?;
    }
    for note in &results.notes {
        put("note", &format!("{} = {}", note.about, note.text))?;
    }
    for note in &results.left_out {
        put("left out", &format!("{} = {}", note.about, note.text))?;
    }
    let mut writer = csv::Writer::from_writer(head.into_bytes());
    writer.write_record(COLUMNS)?;
    for row in &results.rows {
        let Summary { median, best, p10, p90, samples } = row.summary;
        writer.write_record([
            &row.workload,
            &row.params.to_string(),
            &row.contestant,
            row.metric.name(),
            row.metric.unit(),
            &median.to_string(),
            &best.to_string(),
            &p10.to_string(),
            &p90.to_string(),
            &samples.to_string(),
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Reads what [`to_csv`] wrote; says the line that is wrong.
pub(crate) fn from_csv(text: &str) -> Result<Results, Box<dyn Error>> {
    let mut results = Results::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('#')) {
        let (key, value) =
            line[1..].trim().split_once(": ").ok_or_else(|| format!("line {}: no `key: value`", at + 1))?;
        let pair = || {
            let (about, text) = value.split_once(" = ").unwrap_or(("", value));
            (about.to_owned(), text.to_owned())
        };
        match key {
            "date" => results.date = value.to_owned(),
            "command" => results.command = value.to_owned(),
            "cpu" => results.machine.cpu = value.to_owned(),
            "cores" => results.machine.cores = value.parse()?,
            "kernel" => results.machine.kernel = value.to_owned(),
            "memory" => results.machine.memory_mib = value.trim_end_matches(" MiB").parse()?,
            "load" => results.machine.load = value.to_owned(),
            "version" => results.versions.push(pair()),
            "note" => results.notes.push(Note::new(pair().0, pair().1)),
            "left out" => results.left_out.push(Note::new(pair().0, pair().1)),
            // A later version may write more.
            _ => {}
        }
    }
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    if reader.headers()?.iter().ne(COLUMNS) {
        return Err(format!("the columns are not {}", COLUMNS.join(",")).into());
    }
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        results.rows.push(row(&record).map_err(|error| format!("line {line}: {error}"))?);
    }
    Ok(results)
}

fn row(record: &csv::StringRecord) -> Result<Row, Box<dyn Error>> {
    // The reader has seen to it that each record has as many fields as the head.
    let number = |at: usize| -> Result<f64, String> {
        record[at].parse().map_err(|_| format!("{} `{}` is no number", COLUMNS[at], &record[at]))
    };
    Ok(Row {
        workload: record[0].to_owned(),
        params: record[1].parse::<Params>()?,
        contestant: record[2].to_owned(),
        metric: record[3].parse::<Metric>()?,
        summary: Summary {
            median: number(5)?,
            best: number(6)?,
            p10: number(7)?,
            p90: number(8)?,
            samples: record[9].parse()?,
        },
    })
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Results, Box<dyn Error>> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    from_csv(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Writes the file at `path`, and the folders it lies in.
pub(crate) fn write(path: &Path, results: &Results) -> Result<(), Box<dyn Error>> {
    put(path, &to_csv(results)?)
}

/// Writes text to `path`, and makes the folders it lies in.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::super::{Better, Machine};
    use super::*;
    use crate::names;

    fn results() -> Results {
        let summary = Summary::of(&[3.0, 1.5, 2.0], Better::Lower).expect("there are samples");
        let params = [("connections", 50), ("bytes", 64)];
        Results {
            machine: Machine {
                cpu: "a, b \"c\"".into(),
                cores: 2,
                kernel: "linux 6.1".into(),
                memory_mib: 7,
                load: "0.1 before, 1.0 at the end".into(),
            },
            date: "2026-01-01T00:00:00Z".into(),
            command: "compare --quick".into(),
            versions: vec![("rustc".into(), "1.95.0 (a = b)".into())],
            rows: vec![
                Row::new(names::TCP_ECHO, &params, names::NATIVE, Metric::CpuNsPerOp, summary),
                Row::new(
                    names::YIELD,
                    &[],
                    names::RAW_TOKIO,
                    Metric::InstructionsPerOp,
                    Summary::exact(7.25),
                ),
            ],
            notes: vec![Note::new("servers", "breaks: at 500 = the limit")],
            left_out: vec![Note::new("agnostic", "has no local tasks")],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let results = results();
        let text = to_csv(&results).expect("written");
        assert_eq!(from_csv(&text).expect("read"), results);
    }

    #[test]
    fn a_bad_line_is_named() {
        let text = to_csv(&results()).expect("written").replace("instructions_per_op", "nonsense");
        let error = from_csv(&text).expect_err("no such metric").to_string();
        assert!(error.starts_with("line 13: no metric is called `nonsense`"), "{error}");
        let error = from_csv("a,b\n1,2\n").expect_err("other columns").to_string();
        assert!(error.starts_with("the columns are not workload,"), "{error}");
    }

    #[test]
    fn a_summary_tells_the_best_and_the_spread() {
        let samples: Vec<f64> = (0..=100).map(f64::from).rev().collect();
        let summary = Summary::of(&samples, Better::Lower).expect("there are samples");
        assert_eq!((summary.median, summary.p10, summary.p90, summary.best), (50.0, 10.0, 90.0, 5.0));
        assert_eq!(Summary::of(&samples, Better::Higher).map(|s| s.best), Some(95.0));
        assert_eq!(Summary::of(&[], Better::Lower), None);
    }
}
