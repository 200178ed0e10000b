//! What load generators print: wrk, h2load and ab.

/// What a load found in a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// Requests that were answered.
    pub requests: f64,
    /// Requests that failed.
    pub failed: f64,
    /// How many a second, by the load's own clock.
    pub per_second: f64,
    /// The middle of the latencies, in microseconds, if it is told.
    pub p50: Option<f64>,
    /// 99 of 100 are below.
    pub p99: Option<f64>,
}

/// Reads the output of a load; an error says what is missing.
///
/// ```
/// let wrk = "  1000 requests in 1.00s, 1.2MB read\nRequests/sec:    998.5\n";
/// assert_eq!(anyloop_bench::read_load(wrk).unwrap().requests, 1000.0);
/// ```
///
/// # Errors
///
/// A sentence.
pub fn read_load(output: &str) -> Result<Found, String> {
    let lines = || output.lines().map(str::trim);
    let after = |begin: &str| lines().find_map(|line| line.strip_prefix(begin)).map(str::trim);
    let number = |text: &str| text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    let latency = |percent: &str| after(percent).and_then(time);
    let missing = |what: &str| format!("the load's output has no {what}:\n{}", output.trim());

    if let Some(per_second) = after("Requests/sec:") {
        // wrk. A line for errors is there only if there were some: `connect 0, read 3, ...`.
        let numbers = |line: &str| {
            line.split_whitespace()
                .filter_map(|word| word.trim_end_matches(',').parse::<f64>().ok())
                .sum::<f64>()
        };
        let failed =
            ["Socket errors:", "Non-2xx or 3xx responses:"].into_iter().filter_map(after).map(numbers).sum();
        let requests = lines().find(|line| line.contains(" requests in ")).and_then(number);
        return Ok(Found {
            requests: requests.ok_or_else(|| missing("number of requests"))?,
            failed,
            per_second: number(per_second).ok_or_else(|| missing("rate"))?,
            // With --latency.
            p50: latency("50%"),
            p99: latency("99%"),
        });
    }
    if let Some(counts) = after("requests:") {
        // h2load: `1000 total, 1000 started, 1000 done, 1000 succeeded, 0 failed, ...`.
        let count = |name: &str| counts.split(',').find(|part| part.ends_with(name)).and_then(number);
        let rate = after("finished in").and_then(|line| line.split(',').nth(1)).and_then(number);
        return Ok(Found {
            requests: count("succeeded").ok_or_else(|| missing("number of requests"))?,
            failed: count("failed").unwrap_or(0.0) + count("errored").unwrap_or(0.0),
            per_second: rate.ok_or_else(|| missing("rate"))?,
            ..Found::default()
        });
    }
    if let Some(complete) = after("Complete requests:") {
        // ab.
        let rate = after("Requests per second:").and_then(number);
        // In whole milliseconds.
        let latency = |percent: &str| after(percent).and_then(number).map(|ms| ms * 1e3);
        return Ok(Found {
            requests: number(complete).ok_or_else(|| missing("number of requests"))?,
            failed: after("Failed requests:").and_then(number).unwrap_or(0.0),
            per_second: rate.ok_or_else(|| missing("rate"))?,
            p50: latency("50%"),
            p99: latency("99%"),
        });
    }
    Err(missing("number of requests that is known, which wrk, h2load and ab print"))
}

/// `1.25ms` in microseconds.
fn time(text: &str) -> Option<f64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match text[split..].trim() {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        _ => return None,
    };
    Some(text[..split].trim().parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrk_is_read_with_its_latencies() {
        let text = "Running 1s test @ http://127.0.0.1:1/\n  1 threads and 50 connections\n\
                    \x20 Latency Distribution\n     50%  812.00us\n     75%    1.02ms\n     90%    1.30ms\n     99%    2.50ms\n\
                    \x20 61234 requests in 1.10s, 7.06MB read\nRequests/sec:  55667.01\nTransfer/sec:      6.42MB\n";
        let found = read_load(text).unwrap();
        assert_eq!(
            found,
            Found {
                requests: 61234.0,
                failed: 0.0,
                per_second: 55667.01,
                p50: Some(812.0),
                p99: Some(2500.0)
            }
        );
        let failed =
            text.replace("Requests/sec", "  Socket errors: connect 0, read 3, write 0\nRequests/sec");
        assert_eq!(read_load(&failed).unwrap().failed, 3.0);
    }

    #[test]
    fn h2load_and_ab_are_read_and_nothing_else() {
        let h2load = "finished in 1.00s, 123456.00 req/s, 4.00MB/s\n\
                      requests: 123456 total, 123456 started, 123456 done, 123456 succeeded, 0 failed, 0 errored, 0 timeout\n";
        let found = read_load(h2load).unwrap();
        assert_eq!((found.requests, found.per_second), (123456.0, 123456.0));
        assert_eq!(read_load(&h2load.replace("0 failed", "7 failed")).unwrap().failed, 7.0);
        let ab = "Complete requests:      5000\nFailed requests:        0\n\
                  Requests per second:    4321.00 [#/sec] (mean)\n  50%      2\n  99%      9\n";
        assert_eq!(read_load(ab).unwrap().p99, Some(9000.0));
        assert!(read_load("hello\n").unwrap_err().contains("wrk, h2load and ab"));
    }
}
