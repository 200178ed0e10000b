//! BAK: what a choice of backends needs of each of them.

use std::thread;

use crate::support::{make, run};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;

pub fn bak03_current_is_the_same_loop_each_time<S: Subject>() {
    run::<S, _>(|handle| async move {
        let one = HandleOf::<S>::try_current().expect("a current loop");
        let two = HandleOf::<S>::try_current().expect("a current loop");
        assert!(std::ptr::eq(one.shared(), two.shared()));
        assert!(std::ptr::eq(one.shared(), handle.shared()));
        let there = one.spawn(async { HandleOf::<S>::try_current() }).await.unwrap();
        assert!(std::ptr::eq(there.expect("a current loop").shared(), handle.shared()));
    });
}

pub fn bak06_loops_enter_and_leave_in_order<S: Subject>() {
    let (mut outer, inner) = (make::<S>(), make::<S>());
    let (first, second) = (outer.handle().clone(), inner.handle().clone());
    let is = |handle: &HandleOf<S>| {
        HandleOf::<S>::with_current(|current| {
            current.is_some_and(|c| std::ptr::eq(c.shared(), handle.shared()))
        })
    };
    outer.block_on(async {
        assert!(is(&first));
        // Another loop can be made current for a while, and does not stay so.
        second.enter(|| {
            assert!(is(&second));
            first.enter(|| assert!(is(&first)));
            assert!(is(&second));
        });
        assert!(is(&first));
        first.sleep(std::time::Duration::from_millis(1)).await;
        assert!(is(&first));
    });
    // Also when the closure panics.
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| second.enter(|| panic!("planned"))));
    assert!(panicked.is_err());
    assert!(HandleOf::<S>::try_current().is_none());
}

pub fn bak06_guards_enter_and_leave_in_order<S: Subject>() {
    let (mut outer, inner) = (make::<S>(), make::<S>());
    let (first, second) = (outer.handle().clone(), inner.handle().clone());
    let is = |handle: &HandleOf<S>| {
        HandleOf::<S>::with_current(|current| {
            current.is_some_and(|c| std::ptr::eq(c.shared(), handle.shared()))
        })
    };
    let guard = second.enter_guard();
    assert!(is(&second));
    outer.block_on(async {
        assert!(is(&first), "a loop that runs is inside of one that was entered before");
        let entered = second.enter_guard();
        assert!(is(&second));
        let again = first.enter_guard();
        assert!(is(&first));
        second.enter(|| assert!(is(&second)));
        assert!(is(&first));
        drop(again);
        assert!(is(&second));
        drop(entered);
        assert!(is(&first));
        first.sleep(std::time::Duration::from_millis(1)).await;
        assert!(is(&first));
    });
    assert!(is(&second), "it is entered again when the one inside has ended");
    drop(guard);
    assert!(HandleOf::<S>::try_current().is_none());
    // Off the loop's thread, and also when the stack is unwound.
    thread::scope(|scope| {
        scope.spawn(|| {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _guard = first.enter_guard();
                assert!(is(&first));
                panic!("planned");
            }));
            assert!(panicked.is_err());
            assert!(HandleOf::<S>::try_current().is_none());
        });
    });
}

pub fn bak10_there_is_no_current_loop_outside<S: Subject>() {
    assert!(HandleOf::<S>::try_current().is_none());
    let subject = make::<S>();
    assert!(HandleOf::<S>::try_current().is_none(), "making a loop does not enter it");
    drop(subject);
    run::<S, _>(|handle| async move {
        let other = thread::spawn(|| HandleOf::<S>::try_current().is_none());
        assert!(other.join().unwrap(), "a thread that runs no loop has one");
        drop(handle);
    });
    assert!(HandleOf::<S>::try_current().is_none());
}

#[cfg(target_os = "linux")]
pub fn bak11_a_thousand_loops_leave_nothing_behind<S: Subject>() {
    use crate::harness::goes_on;
    use crate::support::{descriptors, resident, threads, wait_until};

    fn one<S: Subject>(number: usize) {
        let mut subject = make::<S>();
        let handle = subject.handle().clone();
        subject.block_on(async {
            drop(handle.spawn(std::future::pending::<()>()));
            handle.call_soon(|| {}).unwrap();
            handle.call_later(std::time::Duration::from_secs(3600), || {}).unwrap();
            handle.sleep(std::time::Duration::from_micros(10)).await;
            if number % 10 == 0 {
                handle.spawn_blocking(|| {}).await.unwrap();
            }
        });
        if number % 2 == 0 {
            subject.close();
        }
        drop(subject);
        goes_on();
    }
    // What the first loops make for the whole process stays, and what the allocator (or a
    // sanitizer's) keeps for reuse.
    (0..1000).for_each(one::<S>);
    let (fds, running, bytes) = (descriptors(), threads(), resident());
    (0..1000).for_each(one::<S>);
    // A thread that ends is the last that has some.
    assert!(wait_until(|| descriptors() <= fds + 5), "{fds} descriptors before, {} after", descriptors());
    assert!(wait_until(|| threads() <= running + 5), "{running} threads before, {} after", threads());
    let grown = resident().saturating_sub(bytes);
    assert!(grown < 8 << 20, "a thousand loops left {grown} bytes");
}
