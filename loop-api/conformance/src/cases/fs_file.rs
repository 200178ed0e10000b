//! FS: open files.

use std::future::poll_fn;
use std::io::{self, SeekFrom};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_io::AsyncRead;
use futures_lite::future::block_on;
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::fs::{Folder, in_folder, open};
use crate::support::{LONG, is_closed, make, run, until, wait_until, within};
use crate::{HandleOf, Subject};
use loop_api::blocking::{Executor, Job};
use loop_api::error::Refused;
use loop_api::fs::{DirOptions, File, Fs, OpenOptions};
use loop_api::{EventLoop, Handle};

fn read_write() -> OpenOptions {
    OpenOptions::new().read(true).write(true).create(true)
}

/// Keeps blocking jobs until they are asked for.
#[derive(Default)]
struct Held {
    jobs: Mutex<Vec<Job>>,
    open: Mutex<bool>,
}

impl Held {
    fn take(&self) -> Vec<Job> {
        mem::take(&mut self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Executor for Held {
    fn execute(&self, job: Job) -> Result<(), Refused> {
        if *self.open.lock().unwrap_or_else(PoisonError::into_inner) {
            std::thread::spawn(move || job.run());
        } else {
            self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(job);
        }
        Ok(())
    }
}

pub fn fs02_seeking_moves_reads_and_writes<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let mut file = open(&handle, &folder.path("file"), read_write()).await;
        file.write_all(b"0123456789").await.expect("a write");
        assert_eq!(file.seek(SeekFrom::Start(2)).await.expect("a seek"), 2);
        let mut buf = [0; 3];
        file.read_exact(&mut buf).await.expect("a read");
        assert_eq!(&buf, b"234");
        assert_eq!(file.seek(SeekFrom::Current(-1)).await.expect("a seek"), 4);
        file.write_all(b"x").await.expect("a write");
        file.read_exact(&mut buf).await.expect("a read");
        assert_eq!(&buf, b"567", "a read goes on where the write ended");
        assert_eq!(file.seek(SeekFrom::End(-2)).await.expect("a seek"), 8);
        file.write_all(b"yz!").await.expect("a write");
        let before = file.seek(SeekFrom::Current(-100)).await.expect_err("before the beginning");
        assert_eq!(before.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(file.seek(SeekFrom::Current(0)).await.expect("the position"), 11);
        file.rewind_and_expect(b"0123x567yz!").await;
    });
}

/// Reads all from the beginning.
trait Whole {
    async fn rewind_and_expect(&mut self, wanted: &[u8]);
}

impl<F: File> Whole for F {
    async fn rewind_and_expect(&mut self, wanted: &[u8]) {
        self.seek(SeekFrom::Start(0)).await.expect("a seek");
        let mut all = Vec::new();
        self.read_to_end(&mut all).await.expect("a read");
        assert_eq!(String::from_utf8_lossy(&all), String::from_utf8_lossy(wanted));
    }
}

pub fn fs03_appending_writes_at_the_end<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        handle.write(path.clone(), b"one ".to_vec()).await.expect("a file");
        let options = OpenOptions::new().read(true).append(true);
        let mut file = open(&handle, &path, options).await;
        file.seek(SeekFrom::Start(0)).await.expect("a seek");
        file.write_all(b"two ").await.expect("a write");
        file.flush().await.expect("a flush");
        let mut other = open(&handle, &path, OpenOptions::new().append(true)).await;
        other.write_all(b"three ").await.expect("a write");
        other.flush().await.expect("a flush");
        file.write_all(b"four").await.expect("a write");
        file.flush().await.expect("a flush");
        assert_eq!(handle.read(path).await.expect("a read"), b"one two three four");
    });
}

pub fn fs06_set_len_cuts_and_lengthens<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let mut file = open(&handle, &folder.path("file"), read_write()).await;
        file.write_all(b"0123456789").await.expect("a write");
        file.set_len(4).await.expect("to be cut");
        assert_eq!(file.metadata().await.expect("metadata").len(), 4);
        file.set_len(6).await.expect("to be lengthened");
        file.rewind_and_expect(b"0123\0\0").await;
        file.seek(SeekFrom::Start(1)).await.expect("a seek");
        file.set_len(8).await.expect("to be lengthened");
        assert_eq!(file.seek(SeekFrom::Current(0)).await.expect("the position"), 1, "it stays");
    });
}

pub fn fs07_sync_waits_for_what_was_written<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, read_write()).await;
        file.write_all(b"ciao").await.expect("a write");
        file.sync_all().await.expect("a sync");
        assert_eq!(handle.read(path.clone()).await.expect("a read"), b"ciao");
        file.write_all(b" mondo").await.expect("a write");
        file.sync_data().await.expect("a sync");
        assert_eq!(handle.read(path).await.expect("a read"), b"ciao mondo");
        handle.sync_dir(folder.path("")).await.expect("a sync of the folder");
    });
}

pub fn fs08_a_clone_shares_the_position<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let mut file = open(&handle, &folder.path("file"), read_write()).await;
        file.write_all(b"0123456789").await.expect("a write");
        let mut other = file.try_clone().await.expect("a clone");
        assert_eq!(other.seek(SeekFrom::Current(0)).await.expect("the position"), 10);
        other.seek(SeekFrom::Start(3)).await.expect("a seek");
        let mut buf = [0; 2];
        file.read_exact(&mut buf).await.expect("a read");
        assert_eq!(&buf, b"34");
        drop(file);
        other.read_exact(&mut buf).await.expect("a read");
        assert_eq!(&buf, b"56", "and it goes on by itself");
    });
}

pub fn fs14_small_writes_are_few_jobs<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, read_write()).await;
        // No job runs until all writes were made.
        let held = Arc::new(Held::default());
        handle.shared().set_default_executor(Some(held.clone()));
        let writes = async {
            for n in 0..1000_u32 {
                file.write_all(format!("{n:09}\n").as_bytes()).await.expect("a write");
            }
        };
        within(&handle, LONG, writes).await.expect("a write to be accepted while another is at work");
        let jobs = held.take();
        assert!(jobs.len() <= 10, "{} jobs for 1000 writes", jobs.len());
        *held.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        for job in jobs {
            std::thread::spawn(move || job.run());
        }
        file.flush().await.expect("a flush");
        handle.shared().set_default_executor(None);
        let text = String::from_utf8(handle.read(path).await.expect("a read")).expect("digits");
        let numbers: Vec<u32> = text.lines().map(|line| line.parse().expect("a number")).collect();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    });
}

pub fn fs15_what_was_accepted_is_written_though_the_file_is_dropped<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, read_write()).await;
        for _ in 0..100 {
            file.write_all(b"0123456789").await.expect("a write");
        }
        drop(file);
        let mut len = 0;
        for _ in 0..1000 {
            len = handle.metadata(path.clone()).await.expect("metadata").len();
            if len == 1000 {
                break;
            }
            handle.sleep(std::time::Duration::from_millis(2)).await;
        }
        assert_eq!(len, 1000);
    });
}

/// On the system's disk, which outlives the loop.
pub fn fs16_what_was_accepted_is_written_though_the_loop_is_closed<S: Subject>()
where
    HandleOf<S>: Fs,
{
    // By the loop's own pool, and by one that drops the job.
    for dropped in [false, true] {
        let mut subject = make::<S>();
        let handle = subject.handle().clone();
        let held = Arc::new(Held::default());
        let folder = subject.block_on(async {
            let folder = Folder::make(&handle).await;
            let mut file = open(&handle, &folder.path("file"), read_write()).await;
            if dropped {
                handle.shared().set_default_executor(Some(held.clone()));
            }
            file.write_all(b"ciao ").await.expect("a write");
            file.write_all(b"mondo").await.expect("a write");
            folder
        });
        drop(subject);
        drop(held.take());
        let read = || std::fs::read(folder.path("file")).expect("a file");
        // A job that had begun may end a moment after a loop that did not wait for it.
        assert!(wait_until(|| read() == b"ciao mondo"), "{:?}", String::from_utf8_lossy(&read()));
    }
}

/// A read that is dropped after one poll; gives how many bytes it gave.
async fn give_up<F: File>(file: &mut F) -> u64 {
    poll_fn(|cx| match Pin::new(&mut *file).poll_read(cx, &mut [0; 50]) {
        Poll::Ready(read) => Poll::Ready(read.expect("a read") as u64),
        Poll::Pending => Poll::Ready(0),
    })
    .await
}

pub fn fs17_a_dropped_read_loses_no_byte<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        handle.write(path.clone(), (0..200).collect()).await.expect("a file");
        let mut file = open(&handle, &path, read_write()).await;
        let mut all: Vec<u8> = Vec::new();
        while all.len() < 100 {
            // Given up after a poll, and perhaps once what it asked for is there.
            let mut buf = [0; 7];
            let once = poll_fn(|cx| match Pin::new(&mut file).poll_read(cx, &mut buf) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => Poll::Ready(None),
            });
            if let Some(read) = once.await {
                all.extend(&buf[..read.expect("a read")]);
            }
            file.complete().await;
        }
        let first = all.len() as u64;
        assert_eq!(all, (0..first as u8).collect::<Vec<_>>());
        // The position is where the reader has come to, for a seek and for a write.
        let read = give_up(&mut file).await;
        let at = file.seek(SeekFrom::Current(0)).await.expect("the position");
        assert_eq!(at, first + read);
        let at = at + give_up(&mut file).await;
        file.write_all(b"here").await.expect("a write");
        file.flush().await.expect("a flush");
        let back = handle.read(path).await.expect("a read");
        assert_eq!(&back[at as usize..at as usize + 4], b"here");
    });
}

pub fn fs18_a_closed_loop_says_closed<S: Subject>()
where
    HandleOf<S>: Fs,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (folder, mut file) = subject.block_on(async {
        let folder = Folder::make(&handle).await;
        let file = open(&handle, &folder.path("file"), read_write()).await;
        (folder, file)
    });
    drop(subject);
    let path = folder.path("file");
    block_on(async {
        let results = [
            handle.open(path.clone(), OpenOptions::new().read(true)).await.map(drop),
            handle.metadata(path.clone()).await.map(drop),
            handle.read(path.clone()).await.map(drop),
            handle.remove_file(path.clone()).await,
            handle.create_dir(folder.path("folder"), DirOptions::new()).await,
            handle.read_dir(folder.path("")).await.map(drop),
            file.read(&mut [0; 4]).await.map(drop),
            file.write(b"x").await.map(drop),
            file.seek(SeekFrom::Start(0)).await.map(drop),
            file.sync_all().await,
            file.set_len(3).await,
            file.metadata().await.map(drop),
            file.try_clone().await.map(drop),
            file.read_at(vec![0; 4], 0).await.0.map(drop),
        ];
        for (i, result) in results.into_iter().enumerate() {
            let error = result.expect_err("the loop is closed");
            assert!(is_closed(&error), "{i}: {error:?}");
        }
    });
}

pub fn fs20_positioned_reads_and_writes_leave_the_stream<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let mut file = open(&handle, &folder.path("file"), read_write()).await;
        file.write_all(b"0123456789").await.expect("a write");
        file.flush().await.expect("a flush");
        file.seek(SeekFrom::Start(1)).await.expect("a seek");
        let (n, buf) = file.read_at(vec![0; 4], 5).await;
        assert_eq!((n.expect("a read"), &buf[..]), (4, &b"5678"[..]));
        let (n, buf) = file.write_at(b"ab".to_vec(), 12).await;
        assert_eq!((n.expect("a write"), &buf[..]), (2, &b"ab"[..]));
        let (n, buf) = file.read_at(buf, 100).await;
        assert_eq!((n.expect("the end"), buf.len()), (0, 2));
        let mut all = Vec::new();
        file.read_to_end(&mut all).await.expect("a read");
        assert_eq!(all, b"123456789\0\0ab");
    });
}

/// By a device that is always full.
pub fn fs23_the_error_of_a_write_is_told_once_by_a_later_call<S: Subject>()
where
    HandleOf<S>: Fs,
{
    run::<S, _>(|handle| async move {
        let full = std::path::Path::new("/dev/full");
        let mut file = open(&handle, full, OpenOptions::new().write(true)).await;
        file.write_all(b"x").await.expect("it is accepted");
        let error = file.flush().await.expect_err("it could not be written");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        file.flush().await.expect("it is told once");
        file.write_all(b"x").await.expect("it is accepted");
        file.complete().await;
        let error = file.write(b"y").await.expect_err("the next write tells of it");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        file.write_all(b"x").await.expect("it is accepted");
        // What is to be on the disk and is not must not be said to be.
        let error = file.sync_all().await.expect_err("it could not be written");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    });
}

pub fn fs24_a_file_serves_one_task_after_another<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, OpenOptions::new().write(true).create(true)).await;
        // Each is given up with a write at work, and the next goes on.
        for n in 0..10_u8 {
            let task = handle.spawn(async move {
                file.write_all(&[b'0' + n; 100]).await.expect("a write");
                file
            });
            file = task.await.expect("the task to end");
        }
        drop(file);
        let mut read = Vec::new();
        let whole = until(&handle, || {
            read = std::fs::read(&path).unwrap_or_default();
            read.len() == 1000
        });
        assert!(whole.await, "{} bytes", read.len());
        assert!((0..1000).all(|i| read[i] == b'0' + (i / 100) as u8), "out of order");
    });
}
