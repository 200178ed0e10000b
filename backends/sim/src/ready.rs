//! The tasks that are ready, and which of them is next.

use std::collections::{BTreeMap, VecDeque};

use crate::core::Core;
use crate::oracle::{ChoiceKind, Oracle};
use crate::order::Order;

/// Among how many a pick is made, at most: those that wait longest. Where tasks come faster than they
/// run, each has its turn all the same.
const WINDOW: usize = 1024;

/// One that is ready: the number of its task, and since which pick.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    pub(crate) task: u64,
    pub(crate) since: u64,
    pub(crate) item: T,
}

/// The priorities of [`Order::Pct`].
#[derive(Debug)]
struct Priorities {
    of: BTreeMap<u64, u64>,
    /// The picks at which the one that is picked falls, first to last.
    changes: VecDeque<u64>,
    lowest: u64,
}

/// The ready tasks.
#[derive(Debug)]
pub(crate) struct ReadyQueue<T> {
    order: Order,
    items: VecDeque<Waiting<T>>,
    /// Woken in the step that goes on: they are sorted by task before the next pick, as some
    /// libraries wake in an order that no seed decides.
    woken: Vec<Waiting<T>>,
    priorities: Option<Priorities>,
    is_scripted: bool,
    picks: u64,
}

impl<T> ReadyQueue<T> {
    pub(crate) fn new(order: Order, oracle: &mut Oracle) -> Self {
        let priorities = match order {
            Order::Pct { changes, steps } => {
                let mut at: Vec<u64> = (0..changes).map(|_| oracle.draw(ChoiceKind::Task, steps)).collect();
                at.sort_unstable();
                Some(Priorities { of: BTreeMap::new(), changes: at.into(), lowest: 1 << 32 })
            }
            _ => None,
        };
        let is_scripted = oracle.is_scripted();
        ReadyQueue { order, items: VecDeque::new(), woken: Vec::new(), priorities, is_scripted, picks: 0 }
    }

    pub(crate) fn push(&mut self, task: u64, item: T) {
        self.woken.push(Waiting { task, since: self.picks, item });
    }

    /// Puts one back behind all others: a task that gave way.
    pub(crate) fn push_last(&mut self, task: u64, item: T) {
        self.settle();
        self.items.push_back(Waiting { task, since: self.picks, item });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.items.len() + self.woken.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many picks there were.
    pub(crate) fn picks(&self) -> u64 {
        self.picks
    }

    /// All of them.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        self.settle();
        self.items.drain(..).map(|waiting| waiting.item).collect()
    }

    /// Takes the woken ones over.
    fn settle(&mut self) {
        if self.woken.len() > 1 {
            self.woken.sort_by_key(|waiting| waiting.task);
            self.items.extend(self.woken.drain(..));
        } else if let Some(one) = self.woken.pop() {
            self.items.push_back(one);
        }
    }

    pub(crate) fn pop(&mut self, core: &Core) -> Option<Waiting<T>> {
        self.settle();
        let len = self.items.len();
        if len == 0 {
            return None;
        }
        self.picks += 1;
        // Of one nothing is chosen.
        let of = len.min(WINDOW) as u64;
        let pick = || if len == 1 { 0 } else { core.oracle().pick(ChoiceKind::Task, of) as usize };
        let at = match (&mut self.priorities, &self.order) {
            _ if self.is_scripted => pick(),
            (Some(priorities), _) => {
                let oracle = &mut *core.oracle();
                let at = priorities.pick(&self.items, self.picks, oracle);
                if len > 1 {
                    oracle.note(ChoiceKind::Task, len as u64, at as u64);
                }
                at
            }
            (None, Order::Fifo) => 0,
            (None, _) => pick(),
        };
        // In its place comes the first: the others need not move up, and the next gets into the window.
        self.items.swap_remove_front(at)
    }
}

impl Priorities {
    fn pick<T>(&mut self, items: &VecDeque<Waiting<T>>, picks: u64, oracle: &mut Oracle) -> usize {
        let (mut best, mut highest) = (0, 0);
        for (at, waiting) in items.iter().enumerate() {
            let priority = *self
                .of
                .entry(waiting.task)
                .or_insert_with(|| (1 << 33) + oracle.draw(ChoiceKind::Task, 1 << 32));
            if priority > highest {
                (best, highest) = (at, priority);
            }
        }
        if self.changes.front().is_some_and(|change| *change < picks) {
            self.changes.pop_front();
            self.lowest -= 1;
            if let Some(waiting) = items.get(best) {
                self.of.insert(waiting.task, self.lowest);
            }
        }
        best
    }
}
