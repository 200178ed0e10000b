//! Patterns.

use proc_macro2::{Group, TokenStream, TokenTree};

/// Leaves `mut` and `ref` out, but for the `mut` of `&mut`.
pub(crate) fn without_modifiers(pattern: TokenStream) -> TokenStream {
    let mut after_and = false;
    let mut kept = Vec::new();
    for token in pattern {
        let reference =
            std::mem::replace(&mut after_and, matches!(&token, TokenTree::Punct(p) if p.as_char() == '&'));
        match token {
            TokenTree::Ident(word) if word == "ref" || (word == "mut" && !reference) => {}
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_modifiers(group.stream()));
                inner.set_span(group.span());
                kept.push(TokenTree::Group(inner));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::without_modifiers;

    #[test]
    fn modifiers_are_left_out_at_any_depth() {
        let cleaned = without_modifiers(quote!(Ok((mut stream, ref peer, &mut _))));
        assert_eq!(cleaned.to_string(), quote!(Ok((stream, peer, &mut _))).to_string());
    }
}
