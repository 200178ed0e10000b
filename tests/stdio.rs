//! The standard streams, in processes of their own: this program runs itself, with a part to play.
//! Without libtest, which would write to standard output, too.

#[cfg(all(feature = "io-util", any(feature = "native", feature = "tokio", feature = "smol")))]
fn main() {
    match std::env::var(parts::VARIABLE) {
        Ok(part) => parts::play(&part),
        Err(_) => parts::direct(),
    }
}

#[cfg(not(all(feature = "io-util", any(feature = "native", feature = "tokio", feature = "smol"))))]
fn main() {}

#[cfg(all(feature = "io-util", any(feature = "native", feature = "tokio", feature = "smol")))]
mod parts {
    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, stderr, stdin, stdout};
    use anyloop::runtime::{Backend, Runtime};
    use anyloop::time::timeout;

    pub(crate) const VARIABLE: &str = "ANYLOOP_STDIO_PART";

    /// In the child.
    pub(crate) fn play(part: &str) {
        let mut runtime = Runtime::new().expect("a loop");
        runtime.block_on(async {
            match part {
                "sums" => sums().await,
                "leaves a read" => leave_a_read().await,
                "flushes nothing" => write_and_flush_nothing().await,
                "gives up reads" => give_up_reads().await,
                other => panic!("there is no part {other}"),
            }
        });
    }

    /// The sum of the numbers on its input, a line each.
    async fn sums() {
        let mut lines = BufReader::new(stdin()).lines();
        let mut sum = 0;
        while let Some(line) = lines.next_line().await.expect("a line") {
            sum += line.parse::<u64>().expect("a number");
        }
        stdout().write_all(format!("{sum}\n").as_bytes()).await.expect("a write");
    }

    /// Nothing comes, and it ends all the same.
    async fn leave_a_read() {
        let read = timeout(Duration::from_millis(20), stdin().read(&mut [0; 8])).await;
        assert!(read.is_err(), "nothing was sent");
        stdout().write_all(b"ends").await.expect("a write");
    }

    /// More than a pipe holds, from two tasks, with no line's end behind it.
    async fn write_and_flush_nothing() {
        let task = anyloop::spawn(async {
            for _ in 0..1000 {
                stderr().write_all(b"to the other").await.expect("a write");
            }
        });
        for n in 0..20_000 {
            stdout().write_all(format!("{n:05}\n").as_bytes()).await.expect("a write");
        }
        stdout().write_all(b"the end").await.expect("a write");
        task.await.expect("the task to end");
    }

    /// Most reads are dropped while pending: no byte is lost.
    async fn give_up_reads() {
        let mut all = Vec::new();
        loop {
            let mut buf = [0; 3];
            match timeout(Duration::from_millis(1), stdin().read(&mut buf)).await {
                Ok(n) => match n.expect("a read") {
                    0 => break,
                    n => all.extend(&buf[..n]),
                },
                Err(_elapsed) => {}
            }
        }
        stdout().write_all(&all).await.expect("a write");
        stdout().flush().await.expect("a flush");
    }

    /// In the parent.
    pub(crate) fn direct() {
        for &backend in Backend::compiled() {
            let name = backend.name();
            numbers_are_summed(name);
            a_pending_read_keeps_no_process(name);
            nothing_written_is_lost(name);
            given_up_reads_lose_nothing(name);
        }
    }

    fn start(backend: &str, part: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.env(VARIABLE, part).env("ANYLOOP_BACKEND", backend);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a child")
    }

    fn numbers_are_summed(backend: &str) {
        let mut child = start(backend, "sums");
        let mut input = child.stdin.take().expect("its input");
        let writer = std::thread::spawn(move || {
            for n in 1..=10_000 {
                writeln!(input, "{n}").expect("a write");
            }
        });
        let output = child.wait_with_output().expect("its end");
        writer.join().expect("the writer");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "50005000\n", "{backend}: {output:?}");
    }

    fn a_pending_read_keeps_no_process(backend: &str) {
        let mut child = start(backend, "leaves a read");
        let input = child.stdin.take().expect("its input, which stays open");
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("its state") {
                break status;
            }
            if start.elapsed() > Duration::from_secs(30) {
                child.kill().expect("to be killed");
                panic!("{backend}: the process stays because a read is pending");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        drop(input);
        let mut text = String::new();
        child.stdout.take().expect("its output").read_to_string(&mut text).expect("text");
        assert!(status.success() && text == "ends", "{backend}: {status}, {text:?}");
    }

    fn nothing_written_is_lost(backend: &str) {
        let output = start(backend, "flushes nothing").wait_with_output().expect("its end");
        assert!(output.status.success(), "{backend}: {output:?}");
        let wanted: String = (0..20_000).map(|n| format!("{n:05}\n")).chain(["the end".to_owned()]).collect();
        assert!(output.stdout == wanted.as_bytes(), "{backend}: {} bytes came", output.stdout.len());
        assert_eq!(output.stderr.len(), 1000 * b"to the other".len(), "{backend}");
    }

    fn given_up_reads_lose_nothing(backend: &str) {
        let mut child = start(backend, "gives up reads");
        let mut input = child.stdin.take().expect("its input");
        let writer = std::thread::spawn(move || {
            for n in 0..20 {
                write!(input, "{n:04}").expect("a write");
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        let output = child.wait_with_output().expect("its end");
        writer.join().expect("the writer");
        let wanted: String = (0..20).map(|n| format!("{n:04}")).collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), wanted, "{backend}: {output:?}");
    }
}
