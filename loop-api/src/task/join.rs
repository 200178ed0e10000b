//! All of many futures, in the shape in which they were given.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hash};
use std::task::{Poll, ready};

use super::children::Children;

/// Waits for all, and gives their outputs in the order of the futures, whatever the order in which
/// they end.
///
/// Dropping it drops those that are not done; tasks among them are detached, as everywhere.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use loop_api::task::join_all;
/// assert_eq!(join_all([async { 1 }].into_iter()).await, [1]);
/// assert_eq!(join_all((0..3).map(|n| async move { n * n })).await, [0, 1, 4]);
/// # });
/// ```
pub fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> impl Future<Output = Vec<F::Output>> {
    let mut children: Children<F> = futures.into_iter().collect();
    let mut outputs: Vec<Option<F::Output>> = Vec::new();
    outputs.resize_with(children.len(), || None);
    poll_fn(move |cx| {
        while let Some((index, output)) = ready!(children.poll_next(cx)) {
            outputs[index] = Some(output);
        }
        Poll::Ready(outputs.drain(..).flatten().collect())
    })
}

/// Waits for all, or for the first error, which it gives at once. The other futures are dropped
/// then; tasks among them run on.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use loop_api::task::try_join_all;
/// let all = (0..3).map(|n| async move { Ok::<_, ()>(n) });
/// assert_eq!(try_join_all(all).await, Ok(vec![0, 1, 2]));
/// let one_fails = (0..3).map(|n| async move { if n == 1 { Err("one") } else { Ok(n) } });
/// assert_eq!(try_join_all(one_fails).await, Err("one"));
/// # });
/// ```
///
/// # Errors
///
/// The first error that one of the futures gives.
pub fn try_join_all<F, T, E>(futures: impl IntoIterator<Item = F>) -> impl Future<Output = Result<Vec<T>, E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut children: Children<F> = futures.into_iter().collect();
    let mut outputs: Vec<Option<T>> = Vec::new();
    outputs.resize_with(children.len(), || None);
    poll_fn(move |cx| {
        while let Some((index, output)) = ready!(children.poll_next(cx)) {
            match output {
                Ok(value) => outputs[index] = Some(value),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(outputs.drain(..).flatten().collect()))
    })
}

/// Waits for all, and gives a map of the same keys.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use std::collections::HashMap;
/// let lengths = loop_api::task::join_map(HashMap::from([("Ciao", async { 4 })])).await;
/// assert_eq!(lengths, HashMap::from([("Ciao", 4)]));
/// # });
/// ```
pub fn join_map<K, F, S>(futures: HashMap<K, F, S>) -> impl Future<Output = HashMap<K, F::Output, S>>
where
    K: Eq + Hash,
    F: Future,
    S: BuildHasher + Default,
{
    let (keys, futures): (Vec<K>, Vec<F>) = futures.into_iter().unzip();
    let all = join_all(futures);
    async move { keys.into_iter().zip(all.await).collect() }
}
