//! What a run found, shown: tables in the terminal, a page, and the repository's own documents.

use std::error::Error;
use std::path::Path;

use crate::results::{Results, file};

mod axis;
mod bars;
mod docs;
mod figure;
mod goals;
mod lines;
mod method;
mod page;
mod paint;
mod ratios;
mod scatter;
mod section;
mod servers;
mod summary;
pub(crate) mod terminal;
mod view;

#[cfg(test)]
mod sample;

/// Writes `index.html` and `results.csv` into a folder.
pub(crate) fn write(folder: &Path, results: &Results) -> Result<(), Box<dyn Error>> {
    file::put(&folder.join("index.html"), &page::page(results)?)?;
    file::write(&folder.join("results.csv"), results)
}

/// Writes the repository's own page on performance, and says what it lacks.
pub(crate) fn write_docs(results: &Results) -> Result<(), Box<dyn Error>> {
    for lack in docs::write(Path::new(docs::FOLDER), results)? {
        eprintln!("docs/performance.md: {lack}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `COMPARE_SAMPLE=/some/folder cargo test -p benches --bin compare` leaves the page there, to
    /// be looked at.
    #[test]
    fn the_page_shows_everybody_and_needs_nothing() {
        let results = sample::invented();
        let page = page::page(&results).expect("a page");
        for row in &results.rows {
            assert!(page.contains(crate::names::label(&row.contestant)), "{} is not shown", row.contestant);
        }
        for outside in ["http:", "https:", "<script", "<link", "@import"] {
            let found = page.replace("http://www.w3.org/2000/svg", "").contains(outside);
            assert!(!found, "the page has {outside}");
        }
        assert!(page.contains("a note &lt;about&gt; a workload"), "words are not marked up");
        assert!(!page.contains("NaN") && !page.contains("inf\""), "a figure is no number");
        assert!(!page.contains("#0100"), "a colour that stands for a class was left");
        if let Some(folder) = std::env::var_os("COMPARE_SAMPLE") {
            write(Path::new(&folder), &results).expect("written");
        }
    }

    #[test]
    fn a_page_of_nothing_is_a_page() {
        let page = page::page(&Results::default()).expect("a page");
        assert!(page.contains("nothing to compare"));
    }
}
