//! The book: its pages are in `src`, and each Rust listing in them is a test of this crate.
//!
//! Short listings stand in the page and are its doc-tests. Whole programs are files in `examples`,
//! which the pages include; `tests/pages.rs` runs those whose output a page shows, and compares.
//!
//! ```sh
//! mdbook serve book
//! ```

/// A module for each page, so that its listings are tests.
macro_rules! pages {
    ($($page:ident)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("src/", stringify!($page), ".md"))]
            mod $page {}
        )*

        /// The pages that are tested.
        pub const PAGES: &[&str] = &[$(stringify!($page)),*];
    };
}

pages! {
    introduction
    first_program
    choosing
    tasks
    time_limits
    children
    web
    testing
    worlds
    raft
    library
    porting
    measuring
    callbacks
    nested
    backend
}
