use std::io::{self, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::{BlockingIo, Device, Work};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file in memory that fails when it is told to.
#[derive(Default)]
struct Memory {
    bytes: Mutex<Vec<u8>>,
    at: Mutex<usize>,
    writes: AtomicUsize,
    full: Mutex<bool>,
}

impl Device for Memory {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let (bytes, mut at) = (lock(&self.bytes), lock(&self.at));
        let n = buf.len().min(bytes.len() - *at);
        buf[..n].copy_from_slice(&bytes[*at..*at + n]);
        *at += n;
        Ok(n)
    }

    fn write_all(&self, data: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        if *lock(&self.full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (mut bytes, mut at) = (lock(&self.bytes), lock(&self.at));
        let end = *at + data.len();
        let len = bytes.len().max(end);
        bytes.resize(len, 0);
        bytes[*at..end].copy_from_slice(data);
        *at = end;
        Ok(())
    }

    fn seek(&self, position: SeekFrom) -> io::Result<u64> {
        let mut at = lock(&self.at);
        let to = match position {
            SeekFrom::Start(to) => to as i64,
            SeekFrom::Current(by) => *at as i64 + by,
            SeekFrom::End(by) => lock(&self.bytes).len() as i64 + by,
        };
        *at = usize::try_from(to).map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(*at as u64)
    }
}

fn memory(bytes: &[u8]) -> BlockingIo<Memory> {
    BlockingIo::new(Memory { bytes: Mutex::new(bytes.to_vec()), ..Memory::default() })
}

/// Reads what there is after one piece of work at most.
fn read(io: &BlockingIo<Memory>, len: usize) -> io::Result<Vec<u8>> {
    let mut cx = Context::from_waker(Waker::noop());
    let mut buf = vec![0; len];
    match io.poll_read_slice(&mut cx, &mut buf, Work::run) {
        Poll::Ready(n) => n.map(|n| buf[..n].to_vec()),
        Poll::Pending => panic!("the work was run at once"),
    }
}

fn accept(io: &BlockingIo<Memory>, data: &[u8], works: &mut Vec<Work<Memory>>) -> Poll<io::Result<usize>> {
    io.poll_write(&mut Context::from_waker(Waker::noop()), data, |work| works.push(work))
}

fn contents(io: &BlockingIo<Memory>) -> String {
    String::from_utf8(io.device().bytes.lock().unwrap().clone()).unwrap()
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_is_accepted_while_a_job_waits_is_one_write() {
    let (io, mut works) = (memory(b""), Vec::new());
    for digit in b'0'..=b'9' {
        assert!(accept(&io, &[digit], &mut works).is_ready());
    }
    assert_eq!(works.len(), 1);
    works.pop().unwrap().run();
    assert_eq!((contents(&io), io.device().writes.load(Ordering::Relaxed)), ("0123456789".to_owned(), 1));
}

#[test]
fn a_full_buffer_takes_a_part_and_then_waits() {
    let (io, mut works) = (memory(b""), Vec::new());
    io.set_max_buf_size(4);
    assert!(matches!(accept(&io, b"012345", &mut works), Poll::Ready(Ok(4))));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(io.poll_write(&mut cx, b"45", |_| panic!("one works already")).is_pending());
    works.pop().unwrap().run();
    assert!(woken.0.load(Ordering::Relaxed) > 0);
    assert!(matches!(accept(&io, b"45", &mut works), Poll::Ready(Ok(2))));
    works.pop().unwrap().run();
    assert_eq!(contents(&io), "012345");
}

#[test]
fn a_failed_write_is_told_once_and_what_follows_is_discarded() {
    let (io, mut works) = (memory(b""), Vec::new());
    let mut cx = Context::from_waker(Waker::noop());
    *io.device().full.lock().unwrap() = true;
    assert!(accept(&io, b"lost", &mut works).is_ready());
    assert!(accept(&io, b"lost too", &mut works).is_ready());
    works.pop().unwrap().run();
    *io.device().full.lock().unwrap() = false;
    let Poll::Ready(Err(error)) = accept(&io, b"not taken", &mut works) else { panic!("it is told") };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(matches!(io.poll_flush(&mut cx), Poll::Ready(Ok(()))));
    assert!(accept(&io, b"new", &mut works).is_ready());
    works.pop().unwrap().run();
    assert_eq!(contents(&io), "new");
}

#[test]
fn work_that_is_dropped_writes_and_does_not_read() {
    let (io, mut works) = (memory(b"abc"), Vec::new());
    assert!(accept(&io, b"xy", &mut works).is_ready());
    drop(works.pop());
    assert_eq!(contents(&io), "xyc");
    let mut cx = Context::from_waker(Waker::noop());
    let mut buf = [0; 3];
    let refused = io.poll_read_slice(&mut cx, &mut buf, drop);
    assert!(matches!(refused, Poll::Ready(Err(_))), "{refused:?}");
    let refused = io.poll_seek(&mut cx, SeekFrom::Start(0), drop);
    assert!(matches!(refused, Poll::Ready(Err(_))), "{refused:?}");
    // And it is not stuck.
    assert_eq!(read(&io, 3).unwrap(), b"c");
}

#[test]
fn a_read_that_is_given_up_counts_as_unread() {
    let mut cx = Context::from_waker(Waker::noop());
    let give_up = |io: &BlockingIo<Memory>| {
        let mut works = Vec::new();
        let read = io.poll_read_slice(&mut Context::from_waker(Waker::noop()), &mut [0; 6], |work| {
            works.push(work);
        });
        assert!(read.is_pending());
        works.pop().unwrap().run();
    };
    // For the next read,
    let io = memory(b"0123456789");
    give_up(&io);
    assert_eq!(read(&io, 4).unwrap(), b"0123");
    // a seek,
    assert!(matches!(io.poll_seek(&mut cx, SeekFrom::Current(1), Work::run), Poll::Ready(Ok(5))));
    assert_eq!(read(&io, 2).unwrap(), b"56");
    // a write,
    give_up(&io);
    let mut works = Vec::new();
    assert!(accept(&io, b"x", &mut works).is_ready());
    works.pop().unwrap().run();
    assert_eq!(contents(&io), "0123456x89");
    // a claim, and the one who takes it out.
    give_up(&io);
    let Poll::Ready(claim) = io.poll_claim(&mut cx) else { panic!("no job runs") };
    assert_eq!(claim.run(|memory| memory.seek(SeekFrom::Current(0))).unwrap(), 8);
    give_up(&io);
    let Ok(memory) = io.into_device() else { panic!("no job runs") };
    assert_eq!(*memory.at.lock().unwrap(), 8);
}

#[test]
fn a_seek_that_was_given_up_is_not_the_next_ones_answer() {
    let (io, mut works) = (memory(b"0123456789"), Vec::new());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(io.poll_seek(&mut cx, SeekFrom::Start(7), |work| works.push(work)).is_pending());
    works.pop().unwrap().run();
    assert!(matches!(io.poll_seek(&mut cx, SeekFrom::Start(2), Work::run), Poll::Ready(Ok(2))));
    assert_eq!(read(&io, 1).unwrap(), b"2");
}

#[test]
fn nothing_comes_between_a_claim() {
    let (io, mut works) = (memory(b"abc"), Vec::new());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(accept(&io, b"x", &mut works).is_ready());
    assert!(io.poll_claim(&mut cx).is_pending());
    let Err(io) = io.into_device() else { panic!("a job has it") };
    works.pop().unwrap().run();
    let Poll::Ready(claim) = io.poll_claim(&mut cx) else { panic!("no job runs") };
    assert!(accept(&io, b"y", &mut works).is_pending());
    drop(claim);
    assert!(accept(&io, b"y", &mut works).is_ready());
    works.pop().unwrap().run();
    assert_eq!(contents(&io), "xyc");
}
