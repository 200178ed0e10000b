//! The code in doc comments.

use super::work::{Edited, Settings, Source};

/// What moves a text.
type Edit = fn(&str, &Settings) -> Result<Edited, syn::Error>;

/// A line of code in a comment: where it begins there and in the code, and how long it is.
struct Line {
    there: usize,
    here: usize,
    length: usize,
}

/// Moves the code blocks of all doc comments that are Rust.
pub(super) fn port(source: &mut Source<'_>, edit: Edit) {
    let mut offset = 0;
    let mut block: Option<Block> = None;
    for line in source.text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim_start();
        let is_doc =
            (trimmed.starts_with("///") && !trimmed.starts_with("////")) || trimmed.starts_with("//!");
        if !is_doc {
            block = None;
            continue;
        }
        let mark = line.len() - trimmed.len() + 3;
        let content = line[mark..].trim_end_matches(['\n', '\r']);
        let fence = content.trim_start().strip_prefix("```");
        match (&mut block, fence) {
            (None, Some(info)) => {
                let prefix = format!("{}{}", &line[..mark], if content.starts_with(' ') { " " } else { "" });
                block = Some(Block { rust: is_rust(info), prefix, code: String::new(), lines: Vec::new() });
            }
            (Some(_), Some(_)) => {
                if let Some(whole) = block.take().filter(|block| block.rust) {
                    whole.port(source, edit);
                }
            }
            (Some(open), None) => open.push(content, start + mark),
            (None, None) => {}
        }
    }
}

fn is_rust(info: &str) -> bool {
    let known = |word: &str| {
        word.starts_with("edition")
            || ["", "rust", "no_run", "ignore", "should_panic", "compile_fail"].contains(&word)
    };
    info.split([',', ' ']).all(|word| known(word.trim()))
}

struct Block {
    rust: bool,
    prefix: String,
    code: String,
    lines: Vec<Line>,
}

impl Block {
    fn push(&mut self, content: &str, there: usize) {
        let space = usize::from(content.starts_with(' '));
        let code = &content[space..];
        self.lines.push(Line { there: there + space, here: self.code.len(), length: code.len() });
        // A hidden line is code behind its mark.
        let hidden = code.trim_start().starts_with("# ") || code.trim() == "#";
        self.code += &if hidden { code.replacen('#', " ", 1) } else { code.to_owned() };
        self.code.push('\n');
    }

    fn port(&self, source: &mut Source<'_>, edit: Edit) {
        let names = source.settings.crates.iter();
        if !names.clone().any(|name| self.code.contains(name.as_str())) {
            return;
        }
        let Ok((edits, needs, out)) = edit(&self.code, source.settings) else { return };
        for change in edits {
            let (Some(start), Some(end)) = (self.there(change.range.start), self.there(change.range.end))
            else {
                continue;
            };
            source.edits.replace(start..end, change.text.replace('\n', &format!("\n{}", self.prefix)));
        }
        for (at, what, why, write) in needs {
            if let Some(at) = self.there(at) {
                source.needs.push((at, what, why, write));
            }
        }
        source.out.loops |= out.loops;
        source.out.anyloop.extend(out.anyloop);
        source.out.attributes.extend(out.attributes);
        source.out.tokio.extend(out.tokio);
        source.out.stays.extend(out.stays);
    }

    fn there(&self, at: usize) -> Option<usize> {
        let line = self.lines.iter().rev().find(|line| line.here <= at)?;
        (at - line.here <= line.length).then(|| line.there + (at - line.here))
    }
}
