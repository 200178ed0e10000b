//! Tests that stop their clock by a call: their attribute does it instead, by which no test is made for
//! a loop whose clock cannot be stopped.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAwait, ItemFn, Macro, Stmt};

use super::place::{From, Place};
use super::tree::whole_line;
use super::work::{Hit, Source};

/// Takes `pause();` out of tests that call it before they await anything; gives where the paths of
/// their attributes begin.
pub(super) fn port(source: &mut Source<'_>, hits: &mut [Hit<'_>]) -> Vec<usize> {
    let pauses = |hit: &Hit<'_>| matches!(&hit.place, Place::Moves(to) if to == "time::pause");
    if source.settings.from != From::Tokio || !hits.iter().any(pauses) {
        return Vec::new();
    }
    let Ok(file) = syn::parse_file(source.text) else { return Vec::new() };
    let mut tests = Tests::default();
    tests.visit_file(&file);
    let mut attributes = Vec::new();
    for test in tests.0 {
        let of_tokio = |hit: &&Hit<'_>| hit.path.in_attribute && hit.full == ["test"];
        let attribute = hits.iter().filter(of_tokio).map(|hit| hit.path.range().start);
        let Some(attribute) = attribute.into_iter().find(|start| test.attributes.contains(start)) else {
            continue;
        };
        let call = |hit: &&mut Hit<'_>| pauses(hit) && test.calls.contains(&hit.path.range());
        let Some(hit) = hits.iter_mut().find(call) else { continue };
        let at = test.calls.iter().position(|called| *called == hit.path.range());
        let Some(statement) = at.map(|at| test.statements[at].clone()) else { continue };
        hit.replaced = true;
        let line = whole_line(source.text, statement);
        source.edits.replace(line, "");
        attributes.push(attribute);
    }
    attributes
}

/// A function: where its attributes begin, and the calls without arguments before its first `.await`.
struct Test {
    attributes: Vec<usize>,
    calls: Vec<Range<usize>>,
    statements: Vec<Range<usize>>,
}

#[derive(Default)]
struct Tests(Vec<Test>);

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let attributes = item.attrs.iter().map(|attribute| attribute.path().span().byte_range().start);
        let (calls, statements) = calls(&item.block).into_iter().unzip();
        self.0.push(Test { attributes: attributes.collect(), calls, statements });
        visit::visit_item_fn(self, item);
    }
}

fn calls(block: &Block) -> Vec<(Range<usize>, Range<usize>)> {
    let called = |statement: &Stmt| match statement {
        Stmt::Expr(Expr::Call(call), Some(_)) if call.args.is_empty() => match &*call.func {
            Expr::Path(path) => Some((path.span().byte_range(), statement.span().byte_range())),
            _ => None,
        },
        _ => None,
    };
    block.stmts.iter().take_while(|statement| !awaits(statement)).filter_map(called).collect()
}

fn awaits(statement: &Stmt) -> bool {
    struct Awaits(bool);
    impl<'ast> Visit<'ast> for Awaits {
        fn visit_expr_await(&mut self, _: &'ast ExprAwait) {
            self.0 = true;
        }
        fn visit_macro(&mut self, input: &'ast Macro) {
            self.0 |= input.tokens.to_string().contains("await");
        }
    }
    let mut found = Awaits(false);
    found.visit_stmt(statement);
    found.0
}
