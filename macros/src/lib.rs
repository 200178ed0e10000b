//! `#[anyloop::main]`, `#[anyloop::test]` and `#[anyloop::bench]`: used through the `anyloop` crate, which documents
//! them.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod args;
mod bench;
mod entry;
mod pattern;

/// Runs an `async fn main` on the loop that is chosen: see `anyloop::main`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::main(args.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// Runs an `async fn` as a test on each backend: see `anyloop::test`.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::test(args.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// Makes a benchmark of criterion's of an `async fn`, on each backend: see `anyloop::bench`.
#[proc_macro_attribute]
pub fn bench(args: TokenStream, item: TokenStream) -> TokenStream {
    bench::bench(args.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// A pattern without `mut` and `ref`, so that it can be tried on a reference first. For
/// `anyloop::select!` only.
#[doc(hidden)]
#[proc_macro]
pub fn without_modifiers(pattern: TokenStream) -> TokenStream {
    pattern::without_modifiers(pattern.into()).into()
}
