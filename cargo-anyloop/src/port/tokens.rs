//! The paths and `use` items of a source, found by its tokens: so code behind `cfg` and the input of
//! macros is seen as all else is.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// A name, and the bytes it stands on.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The name.
    pub(super) text: String,
    /// Its bytes.
    pub(super) range: Range<usize>,
}

/// A path such as `tokio::net::TcpStream` or `sleep`, without what follows in angle brackets.
#[derive(Debug)]
pub(super) struct Path {
    /// Its names, at least one.
    pub(super) names: Vec<Name>,
    /// What follows in round brackets.
    pub(super) arguments: Option<Group>,
    /// Whether it is the path of an attribute, or stands in `cfg_attr`.
    pub(super) in_attribute: bool,
    /// Whether `::{` follows: a `use` tree that could not be read as one.
    pub(super) opens_group: bool,
}

impl Path {
    /// The bytes from its first name to its last.
    pub(super) fn range(&self) -> Range<usize> {
        self.names[0].range.start..self.names[self.names.len() - 1].range.end
    }
}

/// A `use` item.
pub(super) struct Use {
    /// From its attributes or visibility to its semicolon.
    pub(super) range: Range<usize>,
    /// Where the word `use` begins.
    pub(super) keyword: usize,
    /// The block that it stands in.
    pub(super) scope: Range<usize>,
    /// What is imported.
    pub(super) item: syn::ItemUse,
}

impl std::fmt::Debug for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Use").field("range", &self.range).finish_non_exhaustive()
    }
}

/// A `let` of one name without `mut`.
#[derive(Debug)]
pub(super) struct Let {
    /// The name.
    pub(super) name: Name,
    /// What it is set to.
    pub(super) value: Range<usize>,
}

/// A `static`'s name and the names in its type.
#[derive(Debug)]
pub(super) struct Static {
    /// From its word to its semicolon.
    pub(super) range: Range<usize>,
    /// Its type.
    pub(super) of: Vec<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of the text.
    pub(super) paths: Vec<Path>,
    /// In the order of the text.
    pub(super) uses: Vec<Use>,
    /// In the order of the text.
    pub(super) lets: Vec<Let>,
    /// In the order of the text.
    pub(super) statics: Vec<Static>,
    /// The names that `extern crate` gives: the crate, and what it is called here.
    pub(super) extern_crates: Vec<(Name, String)>,
}

/// Looks through the tokens of a source.
pub(super) fn find(tokens: TokenStream) -> Found {
    let mut found = Found::default();
    walk(tokens, false, 0..usize::MAX, &mut found);
    found
}

fn bytes(span: Span) -> Range<usize> {
    span.byte_range()
}

fn walk(tokens: TokenStream, in_attribute: bool, scope: Range<usize>, found: &mut Found) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // Where the item begins that is being read: its first attribute or visibility.
    let mut item = 0;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let ends_item = group.delimiter() == Delimiter::Brace;
                let within = if ends_item { bytes(group.span()) } else { scope.clone() };
                walk(group.stream(), in_attribute, within, found);
                at += 1;
                if ends_item {
                    item = at;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => at = attribute(&tokens, at, found),
            TokenTree::Punct(punct) => {
                at += 1;
                if punct.as_char() == ';' {
                    item = at;
                }
            }
            TokenTree::Literal(_) => at += 1,
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                let next = match word.as_str() {
                    "use" => read_use(&tokens, item, at, &scope, found),
                    "let" => read_let(&tokens, at, found),
                    "static" => read_static(&tokens, at, found),
                    "extern" => read_extern(&tokens, at, found),
                    _ => None,
                };
                at = match next {
                    Some(next) => next,
                    None => read_path(&tokens, at, in_attribute, found),
                };
            }
        }
    }
}

/// `#[...]` or `#![...]` at `at`; documentation is not code.
fn attribute(tokens: &[TokenTree], at: usize, found: &mut Found) -> usize {
    let inner = matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
    let group = at + 1 + usize::from(inner);
    let Some(TokenTree::Group(content)) = tokens.get(group) else { return at + 1 };
    if content.delimiter() != Delimiter::Bracket {
        return at + 1;
    }
    let first = content.stream().into_iter().next();
    if !matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc") {
        walk(content.stream(), true, 0..usize::MAX, found);
    }
    group + 1
}

fn is(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
        && is(tokens.get(at + 1), ':')
}

/// The path that begins at `at`, unless the name is a part of another, a field, a lifetime or a
/// definition; gives where to go on.
fn read_path(tokens: &[TokenTree], at: usize, in_attribute: bool, found: &mut Found) -> usize {
    let mut names = Vec::new();
    let mut end = at;
    while let Some(TokenTree::Ident(ident)) = tokens.get(end) {
        names.push(Name { text: ident.to_string(), range: bytes(ident.span()) });
        if !is_colons(tokens, end + 1) || !matches!(tokens.get(end + 3), Some(TokenTree::Ident(_))) {
            end += 1;
            break;
        }
        end += 3;
    }
    if names.is_empty() {
        return at + 1;
    }
    if !begins_path(tokens, at, names.len() == 1) {
        return end;
    }
    let group = |at: usize, delimiter| match tokens.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group.clone()),
        _ => None,
    };
    found.paths.push(Path {
        names,
        arguments: group(end, Delimiter::Parenthesis),
        in_attribute,
        opens_group: is_colons(tokens, end) && group(end + 2, Delimiter::Brace).is_some(),
    });
    end
}

fn begins_path(tokens: &[TokenTree], at: usize, single: bool) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    if is(before, ':') && at >= 2 && is_colons(tokens, at - 2) {
        // `::tokio::spawn` begins there; `crate::tokio::spawn` and `<T>::spawn` do not.
        let head = at.checked_sub(3).and_then(|head| tokens.get(head));
        return match head {
            Some(TokenTree::Ident(ident)) => single_keyword(&ident.to_string()),
            // `=> ::tokio` and `-> ::tokio` do begin one.
            Some(TokenTree::Punct(punct)) if punct.as_char() == '>' => {
                let arrow = at.checked_sub(4).and_then(|arrow| tokens.get(arrow));
                is(arrow, '=') || is(arrow, '-')
            }
            _ => true,
        };
    }
    // `a..sleep()` is a range; `.sleep()` and `'sleep` are not paths, and `$sleep` is a macro's.
    let range = is(before, '.') && at >= 2 && is(tokens.get(at - 2), '.');
    if !range && (is(before, '.') || is(before, '$') || is(before, '\'')) {
        return false;
    }
    let defines = ["fn", "mod", "struct", "enum", "union", "trait", "type", "const", "macro"];
    !(single
        && matches!(before, Some(TokenTree::Ident(ident)) if defines.contains(&ident.to_string().as_str())))
}

fn single_keyword(word: &str) -> bool {
    ["return", "in", "as", "mut", "dyn", "impl", "for", "match", "if", "while", "else", "await", "move"]
        .contains(&word)
}

/// A `use` item at `at`, with what stands before it from `item` on.
fn read_use(
    tokens: &[TokenTree],
    item: usize,
    at: usize,
    scope: &Range<usize>,
    found: &mut Found,
) -> Option<usize> {
    // `use<'a>` is a bound.
    if is(tokens.get(at + 1), '<') {
        return None;
    }
    let end = at + tokens[at..].iter().position(|token| is(Some(token), ';'))?;
    let parsed = syn::parse2::<syn::ItemUse>(tokens[at..=end].iter().cloned().collect()).ok()?;
    let first = start_of_item(tokens, item, at);
    found.uses.push(Use {
        range: bytes(tokens[first].span()).start..bytes(tokens[end].span()).end,
        keyword: bytes(tokens[at].span()).start,
        scope: scope.clone(),
        item: parsed,
    });
    // The attributes were looked through already.
    Some(end + 1)
}

/// The first token of the attributes and the visibility before `at`; documentation is left out.
fn start_of_item(tokens: &[TokenTree], item: usize, at: usize) -> usize {
    let mut first = at;
    while first > item {
        match &tokens[first - 1] {
            TokenTree::Ident(ident) if ident == "pub" => first -= 1,
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Parenthesis
                    && matches!(tokens.get(first.wrapping_sub(2)), Some(TokenTree::Ident(ident)) if ident == "pub") =>
            {
                first -= 2;
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Bracket
                    && is(tokens.get(first.wrapping_sub(2)), '#')
                    && bytes(group.span()) != bytes(tokens[first - 2].span()) =>
            {
                first -= 2;
            }
            _ => break,
        }
    }
    first
}

/// Notes `let name = value;`, and lets the walk go on behind the name.
fn read_let(tokens: &[TokenTree], at: usize, found: &mut Found) -> Option<usize> {
    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return None };
    let ends = tokens[at..].iter().position(|token| is(Some(token), ';'))?;
    let equals = tokens[at..at + ends].iter().position(|token| is(Some(token), '='))?;
    if !is(tokens.get(at + 2), '=') && !is(tokens.get(at + 2), ':') || name == "mut" || equals + 1 >= ends {
        return None;
    }
    let value = bytes(tokens[at + equals + 1].span()).start..bytes(tokens[at + ends - 1].span()).end;
    found.lets.push(Let { name: Name { text: name.to_string(), range: bytes(name.span()) }, value });
    Some(at + 2)
}

/// Notes a `static` with the names in its type; the walk goes on behind the word.
fn read_static(tokens: &[TokenTree], at: usize, found: &mut Found) -> Option<usize> {
    if !matches!(tokens.get(at + 1), Some(TokenTree::Ident(_)))
        || is(at.checked_sub(1).map(|before| &tokens[before]), '\'')
    {
        return None;
    }
    let ends = tokens[at..].iter().position(|token| is(Some(token), ';'))?;
    let range = bytes(tokens[at].span()).start..bytes(tokens[at + ends].span()).end;
    found.statics.push(Static { range, of: names_in_type(&tokens[at..]) });
    Some(at + 1)
}

/// The names between a colon and what follows a type.
fn names_in_type(tokens: &[TokenTree]) -> Vec<String> {
    let after = tokens.iter().skip_while(|token| !is(Some(token), ':'));
    let of_type = after.take_while(|token| !is(Some(token), '=') && !is(Some(token), ';'));
    let name = |token: &TokenTree| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    };
    of_type.filter_map(name).collect()
}

/// `extern crate a as b;`
fn read_extern(tokens: &[TokenTree], at: usize, found: &mut Found) -> Option<usize> {
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    };
    let (true, Some(name)) = (word(at + 1).is_some_and(|word| word == "crate"), word(at + 2)) else {
        return None;
    };
    let called = word(at + 3).and_then(|_| word(at + 4)).unwrap_or(name).to_string();
    found.extern_crates.push((Name { text: name.to_string(), range: bytes(name.span()) }, called));
    Some(at + 3)
}

#[cfg(test)]
mod tests {
    use super::find;

    fn paths(text: &str) -> Vec<String> {
        let found = find(text.parse().expect("tokens"));
        let joined =
            |path: &super::Path| path.names.iter().map(|name| &*name.text).collect::<Vec<_>>().join("::");
        found.paths.iter().map(joined).collect()
    }

    #[test]
    fn paths_are_seen_in_macros_types_and_attributes() {
        let text = "#[tokio::main] async fn f(x: Vec<tokio::net::A>) { q!(w => tokio::spawn(1)); x.tokio; ::tokio::b(); }";
        let found = paths(text);
        for path in ["tokio::main", "tokio::net::A", "tokio::spawn", "tokio::b"] {
            assert!(found.iter().any(|found| found == path), "{path} in {found:?}");
        }
        assert!(!found.contains(&"tokio".to_owned()));
    }

    #[test]
    fn paths_of_others_are_not_taken() {
        assert_eq!(paths("crate::tokio::spawn $crate::tokio::x <T>::tokio::y"), ["crate::tokio::spawn", "T"]);
        assert_eq!(paths("f() -> ::tokio::A { x => ::tokio::b }"), ["f", "tokio::A", "x", "tokio::b"]);
    }

    #[test]
    fn a_use_is_found_with_its_attributes() {
        let text = "fn a() {}\n#[cfg(unix)]\npub(crate) use tokio::net;";
        let found = find(text.parse().expect("tokens"));
        assert_eq!(&text[found.uses[0].range.clone()], "#[cfg(unix)]\npub(crate) use tokio::net;");
        assert_eq!(&text[found.uses[0].keyword..][..3], "use");
    }

    #[test]
    fn lets_and_statics_are_noted() {
        let found = find(
            "static A: Lazy<rt::Runtime> = x; fn f() { let rt = Runtime::new()?; }".parse().expect("tokens"),
        );
        assert_eq!(found.statics[0].of, ["Lazy", "rt", "Runtime"]);
        assert_eq!(found.lets[0].name.text, "rt");
    }
}
