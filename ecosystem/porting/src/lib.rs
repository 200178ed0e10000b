//! Puts the programs of this folder into a page.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Gives the page with each block between `<!-- FILE -->` and the end of its code replaced by that
/// file.
///
/// # Errors
///
/// A file that cannot be read, a marker without code behind it, and a program that the page does
/// not show.
pub fn with_programs(page: &str, root: &Path) -> io::Result<String> {
    let mut left = programs(root)?;
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        let Some(name) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        if lines.next().is_none_or(|fence| !fence.starts_with("```")) {
            return Err(io::Error::other(format!("no code follows the marker of {name}")));
        }
        if !lines.any(|line| line == "```") {
            return Err(io::Error::other(format!("the code of {name} does not end")));
        }
        let text = std::fs::read_to_string(root.join(name))?;
        let kind = if name.ends_with(".py") { "python" } else { "rust" };
        out += &format!("```{kind}\n{text}```\n");
        left.remove(name);
    }
    match left.first() {
        Some(name) => Err(io::Error::other(format!("the page does not show {name}"))),
        None => Ok(out),
    }
}

/// Every program before and after.
fn programs(root: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for folder in std::fs::read_dir(root)? {
        let folder = folder?;
        for name in ["before.rs", "before.py", "after.rs"] {
            if folder.path().join(name).is_file() {
                found.insert(format!("{}/{name}", folder.file_name().to_string_lossy()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::with_programs;

    #[test]
    fn a_page_gets_the_files_and_must_show_them_all() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("one")).expect("a folder");
        std::fs::write(dir.path().join("one/after.rs"), "fn main() {}\n").expect("a file");
        let page = "# Page\n<!-- one/after.rs -->\n```rust\nold\n```\nend\n";
        let new = with_programs(page, dir.path()).expect("a page");
        assert_eq!(new, "# Page\n<!-- one/after.rs -->\n```rust\nfn main() {}\n```\nend\n");
        let without = with_programs("# Page\n", dir.path()).expect_err("a program is not shown");
        assert_eq!(without.to_string(), "the page does not show one/after.rs");
        let open = with_programs("<!-- one/after.rs -->\n```rust\nold\n", dir.path()).expect_err("no end");
        assert_eq!(open.to_string(), "the code of one/after.rs does not end");
    }
}
