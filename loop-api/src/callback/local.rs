//! Closures that are not `Send`: they stay in a table of their thread, and the queue holds the
//! token.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tokens whose closure is to be dropped, given back by another thread.
type Returned = Arc<Mutex<Vec<u64>>>;

#[derive(Default)]
struct Table {
    closures: BTreeMap<u64, Box<dyn FnOnce()>>,
    next: u64,
    returned: Returned,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Keeps `f` on this thread; what is given runs it there, and drops it there when dropped.
pub(crate) fn keep_local(f: impl FnOnce() + 'static) -> impl FnOnce() + Send + 'static {
    let f: Box<dyn FnOnce()> = Box::new(f);
    purge();
    let token = TABLE.with_borrow_mut(|table| {
        let token = table.next;
        table.next += 1;
        table.closures.insert(token, f);
        Token { token, owner: table.returned.clone() }
    });
    move || {
        if let Some(f) = token.take() {
            f();
        }
    }
}

struct Token {
    token: u64,
    /// Also tells whether this thread is the one that keeps the closure.
    owner: Returned,
}

impl Token {
    /// The closure, on its own thread, while that thread is not ending.
    fn take(&self) -> Option<Box<dyn FnOnce()>> {
        TABLE
            .try_with(|table| {
                let mut table = table.borrow_mut();
                if Arc::ptr_eq(&table.returned, &self.owner) {
                    table.closures.remove(&self.token)
                } else {
                    None
                }
            })
            .ok()
            .flatten()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let here = TABLE.try_with(|table| Arc::ptr_eq(&table.borrow().returned, &self.owner));
        match here {
            Ok(true) => drop(self.take()),
            // The closure is dropped by its thread, when it next queues one or ends.
            Ok(false) | Err(_) => {
                self.owner.lock().unwrap_or_else(PoisonError::into_inner).push(self.token);
            }
        }
    }
}

/// Drops the closures whose tokens other threads gave back.
fn purge() {
    let dead: Vec<Box<dyn FnOnce()>> = TABLE.with_borrow_mut(|table| {
        let returned = std::mem::take(&mut *table.returned.lock().unwrap_or_else(PoisonError::into_inner));
        returned.into_iter().filter_map(|token| table.closures.remove(&token)).collect()
    });
    // Outside the borrow: a closure's drop may queue another.
    drop(dead);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn runs_on_its_thread() {
        let seen = Rc::new(Cell::new(0));
        let run = keep_local({
            let seen = seen.clone();
            move || seen.set(seen.get() + 1)
        });
        run();
        assert_eq!(seen.get(), 1);
        assert_eq!(Rc::strong_count(&seen), 1);
    }

    #[test]
    fn dropped_here_at_once_and_elsewhere_later() {
        let kept = Rc::new(());
        let make = || {
            let kept = kept.clone();
            keep_local(move || drop(kept))
        };
        drop(make());
        assert_eq!(Rc::strong_count(&kept), 1);

        let token = make();
        std::thread::spawn(move || drop(token)).join().unwrap();
        drop(make());
        assert_eq!(Rc::strong_count(&kept), 1);
    }
}
