//! Copies standard input to standard output and into files, as tee(1) does.
//!
//!     echo ciao | cargo run --example tee -- /tmp/one /tmp/two

use std::path::PathBuf;
use std::process::ExitCode;

use anyloop::fs::{File, OpenOptions};
use anyloop::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, stdin, stdout};
use anyloop::runtime::Backend;
use clap::Parser;
use examples::{Outcome, sync_folder};

/// Copies standard input to standard output and into files.
#[derive(Parser)]
pub(crate) struct Args {
    /// The loop to run on: native, tokio or smol. Without it, ANYLOOP_BACKEND or the first that is
    /// compiled in.
    #[arg(long)]
    backend: Option<Backend>,
    /// Adds to the files, and does not empty them first.
    #[arg(short, long)]
    append: bool,
    /// The files.
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::serve(args.backend, || tee(args, stdin(), stdout()))
}

pub(crate) async fn tee(
    args: Args,
    mut input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> Outcome {
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(args.append).truncate(!args.append);
    let mut files: Vec<File> = Vec::new();
    for path in &args.files {
        files.push(options.open(path).await?);
    }
    let mut buf = vec![0; 64 * 1024];
    loop {
        let n = input.read(&mut buf).await?;
        if n == 0 {
            break;
        }
        output.write_all(&buf[..n]).await?;
        for file in &mut files {
            file.write_all(&buf[..n]).await?;
        }
    }
    output.flush().await?;
    for file in &mut files {
        file.sync_all().await?;
    }
    for path in &args.files {
        sync_folder(path).await?;
    }
    Ok(())
}
