//! What clients did, and what they were told.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::check::{Call, Violation, check};
use super::model::Model;
use crate::core::lock;
use crate::world::World;

/// How many steps the search takes for a key, where no other number is given.
const MOST_STEPS: usize = 10_000_000;

/// One operation, from its call to its answer.
#[derive(Debug, Clone)]
struct Recorded<I, O> {
    client: String,
    input: I,
    /// Its place among all calls and answers, and the world's time.
    called: (u64, Duration),
    answered: Option<(u64, Duration, O)>,
}

#[derive(Debug)]
struct Inner<I, O> {
    next: u64,
    operations: BTreeMap<u64, Recorded<I, O>>,
}

/// The operations of all clients of a store, in the order of their calls and answers. Clones are the
/// same history. In a world each call and answer is noted in its trace, too.
pub struct History<I, O> {
    inner: Arc<Mutex<Inner<I, O>>>,
}

impl<I: Clone + Debug, O: Clone + Debug> History<I, O> {
    /// Without operations.
    pub fn new() -> History<I, O> {
        History { inner: Arc::new(Mutex::new(Inner { next: 0, operations: BTreeMap::new() })) }
    }

    /// A client calls an operation now. The answer is told to what is given.
    pub fn begin(&self, client: impl Display, input: I) -> Operation<I, O> {
        let client = client.to_string();
        let now = note(|| format!("{client}: {input:?}"));
        let mut inner = lock(&self.inner);
        inner.next += 1;
        let id = inner.next;
        let recorded = Recorded { client, input, called: (id, now), answered: None };
        inner.operations.insert(id, recorded);
        drop(inner);
        Operation { history: self.clone(), id }
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        lock(&self.inner).operations.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is an order in which a single copy would have given what was given. An
    /// operation that was not answered may have been done at any time since its call, or never.
    /// [`check_within`](Self::check_within), in ten million steps a key.
    ///
    /// # Errors
    ///
    /// As [`check_within`](Self::check_within).
    pub fn check<M>(&self, model: &M) -> Result<(), Violation>
    where
        M: Model<Input = I, Output = O>,
    {
        self.check_within(model, MOST_STEPS)
    }

    /// [`check`](Self::check), in at most so many steps of the search for each
    /// [key](Model::key) of the model.
    ///
    /// Where few operations of a key overlap, a history takes about two steps an operation. For each
    /// operation more that overlaps with others, or was never answered, it may take twice as many:
    /// 14 writes that all overlap take a million. A million steps take some 15 MB, and some seconds
    /// without optimization.
    ///
    /// # Errors
    ///
    /// The key and the operation that fit into no order. If there is none such, but for some key the
    /// steps were used up before it was decided, a violation that
    /// [`is_undecided`](Violation::is_undecided): neither is a pass.
    ///
    /// ```
    /// use loop_sim::linear::{History, Register, RegisterOp::*, RegisterRet::*};
    ///
    /// let history = History::new();
    /// history.begin("a", Write(1)).end(Done);
    /// history.begin("b", Read).end(Value(1));
    /// assert!(history.check_within(&Register::of(0), 10).is_ok());
    /// assert!(history.check_within(&Register::of(0), 1).unwrap_err().is_undecided());
    /// ```
    pub fn check_within<M>(&self, model: &M, most_steps: usize) -> Result<(), Violation>
    where
        M: Model<Input = I, Output = O>,
    {
        let mut by_key = BTreeMap::<M::Key, Vec<Call<I, O>>>::new();
        for operation in lock(&self.inner).operations.values() {
            let answered = operation.answered.clone();
            let (returned, until, output) = match answered {
                Some((at, time, output)) => (Some(at), Some(time), Some(output)),
                None => (None, None, None),
            };
            by_key.entry(model.key(&operation.input)).or_default().push(Call {
                client: operation.client.clone(),
                input: operation.input.clone(),
                output,
                called: operation.called.0,
                returned,
                times: (operation.called.1, until),
            });
        }
        // What is certain comes before what is not.
        let mut undecided = Ok(());
        for (key, calls) in &by_key {
            match check(model, key, calls, most_steps) {
                Err(violation) if violation.is_undecided() => undecided = undecided.and(Err(violation)),
                result => result?,
            }
        }
        undecided
    }
}

/// Writes a line into the trace of the world that the caller runs in; gives its time.
fn note(text: impl FnOnce() -> String) -> Duration {
    World::try_current().map_or(Duration::ZERO, |world| {
        world.note(text());
        world.elapsed()
    })
}

impl<I: Clone + Debug, O: Clone + Debug> Default for History<I, O> {
    fn default() -> Self {
        History::new()
    }
}

impl<I, O> Clone for History<I, O> {
    fn clone(&self) -> Self {
        History { inner: self.inner.clone() }
    }
}

impl<I: Debug, O: Debug> fmt::Debug for History<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.inner).operations.fmt(f)
    }
}

/// An operation that was called. Dropped without an answer, such as by a client that crashes or
/// waits no longer, it may have been done or not.
#[derive(Debug)]
#[must_use = "tell what it gave by end(); dropped, it was never answered"]
pub struct Operation<I, O> {
    history: History<I, O>,
    id: u64,
}

impl<I: Clone + Debug, O: Clone + Debug> Operation<I, O> {
    /// The answer has come.
    pub fn end(self, output: O) {
        let inner = &self.history.inner;
        let told = lock(inner).operations.get(&self.id).map(|told| (told.client.clone(), told.input.clone()));
        let now = note(|| match &told {
            Some((client, input)) => format!("{client}: {input:?} gave {output:?}"),
            None => String::new(),
        });
        let mut inner = lock(inner);
        inner.next += 1;
        let at = inner.next;
        if let Some(operation) = inner.operations.get_mut(&self.id) {
            operation.answered = Some((at, now, output));
        }
    }

    /// It was not done, and will not be: as if it had not been called. Only for refusals that are
    /// certain; an error of a connection is none.
    pub fn refused(self) {
        lock(&self.history.inner).operations.remove(&self.id);
    }
}
