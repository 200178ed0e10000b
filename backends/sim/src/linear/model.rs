//! What a single copy of a store does.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

/// What a store would do that has one copy and does one operation after the other.
pub trait Model {
    /// An operation, with what it is given.
    type Input: Clone + Debug;
    /// What it gives.
    type Output: Clone + Debug;
    /// What an operation is about: those on different keys have nothing to do with one another, and
    /// are checked apart, which is much faster.
    type Key: Clone + Debug + Ord;
    /// What is kept under a key.
    type State: Clone + Debug + Eq + Hash;

    /// What an operation is about.
    fn key(&self, input: &Self::Input) -> Self::Key;

    /// What is kept in the beginning.
    fn initial(&self, key: &Self::Key) -> Self::State;

    /// What is kept after an operation on `state` that gave `output`; `None` if it cannot give that.
    /// Without an output the operation was never answered: it may have given anything.
    fn step(
        &self,
        state: &Self::State,
        input: &Self::Input,
        output: Option<&Self::Output>,
    ) -> Option<Self::State>;
}

/// An operation on a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterOp<T> {
    /// Gives the value.
    Read,
    /// Sets it.
    Write(T),
    /// Sets it, and gives the one before.
    Swap(T),
    /// Sets it to the second, if it is the first; gives whether it was.
    CompareAndSwap(T, T),
}

/// What an operation on a register gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterRet<T> {
    /// That it is done, and nothing else.
    Done,
    /// A value: of `Read` the one that is there, of `Swap` the one that was.
    Value(T),
    /// Of `CompareAndSwap`, whether it swapped.
    Swapped(bool),
}

/// One value.
#[derive(Debug, Clone)]
pub struct Register<T>(T);

impl<T> Register<T> {
    /// That has this value in the beginning.
    pub fn of(value: T) -> Register<T> {
        Register(value)
    }
}

impl<T: Clone + Debug + Eq + Hash> Model for Register<T> {
    type Input = RegisterOp<T>;
    type Output = RegisterRet<T>;
    type Key = ();
    type State = T;

    fn key(&self, _: &RegisterOp<T>) {}

    fn initial(&self, (): &()) -> T {
        self.0.clone()
    }

    fn step(&self, state: &T, input: &RegisterOp<T>, output: Option<&RegisterRet<T>>) -> Option<T> {
        let (gives, next) = match input {
            RegisterOp::Read => (RegisterRet::Value(state.clone()), state),
            RegisterOp::Write(value) => (RegisterRet::Done, value),
            RegisterOp::Swap(value) => (RegisterRet::Value(state.clone()), value),
            RegisterOp::CompareAndSwap(expected, value) => {
                let same = expected == state;
                (RegisterRet::Swapped(same), if same { value } else { state })
            }
        };
        output.is_none_or(|output| *output == gives).then(|| next.clone())
    }
}

/// A register under each key, without a value in the beginning: an operation is a key, and one of a
/// register's on `Option<V>`; removing is writing `None`.
///
/// ```
/// use loop_sim::linear::{History, Map, RegisterOp::*, RegisterRet::*};
///
/// let history = History::new();
/// history.begin(1, ("x", Write(Some(5)))).end(Done);
/// history.begin(2, ("x", Swap(None))).end(Value(Some(5)));
/// history.begin(1, ("y", CompareAndSwap(None, Some(1)))).end(Swapped(true));
/// assert!(history.check(&Map::new()).is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Map<K, V>(PhantomData<(K, V)>);

impl<K, V> Map<K, V> {
    /// An empty one.
    pub fn new() -> Map<K, V> {
        Map(PhantomData)
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map::new()
    }
}

impl<K: Clone + Debug + Ord, V: Clone + Debug + Eq + Hash> Model for Map<K, V> {
    type Input = (K, RegisterOp<Option<V>>);
    type Output = RegisterRet<Option<V>>;
    type Key = K;
    type State = Option<V>;

    fn key(&self, input: &Self::Input) -> K {
        input.0.clone()
    }

    fn initial(&self, _: &K) -> Option<V> {
        None
    }

    fn step(
        &self,
        state: &Option<V>,
        input: &Self::Input,
        output: Option<&Self::Output>,
    ) -> Option<Option<V>> {
        Register(None).step(state, &input.1, output)
    }
}

/// An operation on a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterOp {
    /// Gives the number.
    Get,
    /// Adds to it.
    Add(i64),
}

/// What an operation on a counter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterRet {
    /// That it is done, and nothing else.
    Done,
    /// The number; of `Add` the one that was there before.
    Value(i64),
}

/// A number that is added to, zero in the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter;

impl Model for Counter {
    type Input = CounterOp;
    type Output = CounterRet;
    type Key = ();
    type State = i64;

    fn key(&self, _: &CounterOp) {}

    fn initial(&self, (): &()) -> i64 {
        0
    }

    fn step(&self, state: &i64, input: &CounterOp, output: Option<&CounterRet>) -> Option<i64> {
        let (next, may_say_no_more) = match input {
            CounterOp::Get => (*state, false),
            CounterOp::Add(more) => (state.wrapping_add(*more), true),
        };
        let fits = match output {
            None => true,
            Some(CounterRet::Done) => may_say_no_more,
            Some(CounterRet::Value(value)) => value == state,
        };
        fits.then_some(next)
    }
}
