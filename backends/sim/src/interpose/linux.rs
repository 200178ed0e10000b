//! The symbols that std, and what else is linked into the program, take the time and random numbers
//! from. They are the program's own, before those of the C library.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_long, c_uint, c_void};
use std::time::{Duration, Instant};

use libc::{clockid_t, timespec, timeval, timezone};

use super::ASKED;

/// What the monotonic clock of every world begins with: the same in each, so that a printed `Instant`
/// is, and far later than that of any machine, so that what waits by it for a time waits until it is
/// woken.
const BEGIN: Duration = Duration::from_secs(1 << 31);

#[derive(Clone, Copy)]
enum By {
    World,
    System,
    /// [`BEGIN`], to make an `Instant` of it.
    Begin,
}

thread_local! {
    static BY: Cell<By> = const { Cell::new(By::World) };
}

fn by<R>(by: By, f: impl FnOnce() -> R) -> R {
    /// Also when it unwinds.
    struct Restore(By);
    impl Drop for Restore {
        fn drop(&mut self) {
            BY.set(self.0);
        }
    }
    let _restore = Restore(BY.replace(by));
    f()
}

/// Calls `f`, for which the clock is the system's.
pub(crate) fn real<R>(f: impl FnOnce() -> R) -> R {
    by(By::System, f)
}

/// What is slow is measured by the system's clock all the same.
pub(crate) fn measure() {
    loop_api::time::set_measured(|| real(Instant::now));
}

/// When a world begins, by std's clock.
pub(crate) fn base() -> Instant {
    by(By::Begin, Instant::now)
}

/// What a clock tells, unless the system is to be asked.
fn told(clock: clockid_t) -> Option<Duration> {
    let is_steady = match clock {
        libc::CLOCK_MONOTONIC
        | libc::CLOCK_MONOTONIC_RAW
        | libc::CLOCK_MONOTONIC_COARSE
        | libc::CLOCK_BOOTTIME => true,
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => false,
        _ => return None,
    };
    match BY.get() {
        By::System => None,
        By::Begin => is_steady.then_some(BEGIN),
        By::World => {
            let (steady, day) = (ASKED.get()?.clock)()?;
            Some(if is_steady { BEGIN + steady } else { day })
        }
    }
}

/// `clock_gettime(2)`.
///
/// # Safety
///
/// As of the system's: `time` is valid to be written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    match told(clock) {
        Some(told) => {
            let told = timespec { tv_sec: told.as_secs() as i64, tv_nsec: c_long::from(told.subsec_nanos()) };
            // SAFETY: the caller's promise.
            unsafe { time.write(told) };
            0
        }
        // SAFETY: the caller's promise is what the system asks for.
        None => unsafe { libc::syscall(libc::SYS_clock_gettime, clock as c_long, time) as c_int },
    }
}

/// `gettimeofday(2)`.
///
/// # Safety
///
/// As of the system's: both are null or valid to be written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(time: *mut timeval, zone: *mut timezone) -> c_int {
    match told(libc::CLOCK_REALTIME).filter(|_| zone.is_null() && !time.is_null()) {
        Some(told) => {
            let told = timeval { tv_sec: told.as_secs() as i64, tv_usec: c_long::from(told.subsec_micros()) };
            // SAFETY: it is not null, and then valid by the caller's promise.
            unsafe { time.write(told) };
            0
        }
        // SAFETY: the caller's promise is what the system asks for.
        None => unsafe { libc::syscall(libc::SYS_gettimeofday, time, zone) as c_int },
    }
}

/// `getrandom(2)`.
///
/// # Safety
///
/// As of the system's: `len` bytes from `buf` on are valid to be written to.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buf: *mut c_void, len: usize, flags: c_uint) -> isize {
    let mut done = 0;
    while done < len {
        let Some(word) = ASKED.get().and_then(|asked| (asked.random)()) else {
            // SAFETY: the caller's promise is what the system asks for.
            return unsafe { libc::syscall(libc::SYS_getrandom, buf, len, flags) as isize };
        };
        let word = word.to_ne_bytes();
        let n = word.len().min(len - done);
        // SAFETY: `done + n` is at most `len`, within the caller's memory, which is not `word`'s.
        unsafe { buf.cast::<u8>().add(done).copy_from_nonoverlapping(word.as_ptr(), n) };
        done += n;
    }
    done.try_into().unwrap_or(isize::MAX)
}
