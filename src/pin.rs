//! Values pinned where they stand: `pin!`.

/// Pins values in the function or block around, so that they can be polled by reference: `&mut
/// future`.
///
/// - `pin!(a, b);` is a statement. It takes the variables and gives their names to the pinned
///   values, `Pin<&mut _>`.
/// - `pin! { let a = ...; let b = ...; }` is a statement too, which makes the variables.
/// - `pin!(expression)` with anything but a variable's name is std's [`pin!`](std::pin::pin), an
///   expression that gives the pinned value.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let one = async { 1 };
/// anyloop::pin!(one);
/// anyloop::pin! {
///     let two = async { 2 };
/// }
/// let three = anyloop::pin!(async { 3 });
/// assert_eq!((&mut one).await + (&mut two).await + three.await, 6);
/// # });
/// ```
#[macro_export]
macro_rules! pin {
    ($($name:ident),+ $(,)?) => {
        $(
            #[allow(unused_mut)]
            let mut $name = ::std::pin::pin!($name);
        )+
    };
    ($(let $name:ident = $value:expr;)+) => {
        $(
            #[allow(unused_mut)]
            let mut $name = ::std::pin::pin!($value);
        )+
    };
    ($value:expr $(,)?) => {
        ::std::pin::pin!($value)
    };
}
