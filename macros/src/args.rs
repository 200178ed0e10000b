//! The arguments of the macros.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Meta, Result, Token};

/// The backends, by the names of their features.
pub(crate) const BACKENDS: [&str; 3] = ["native", "tokio", "smol"];

/// The simulated one, which runs only where it is asked for.
pub(crate) const SIM: &str = "sim";

/// In how many worlds a test runs that does not say.
const SEEDS: u64 = 50;

/// What was written between the parentheses.
pub(crate) struct Args {
    /// The facade, by the name that the user's crate knows it by.
    pub(crate) facade: TokenStream,
    /// Whether that name was given.
    pub(crate) renamed: bool,
    pub(crate) backends: Vec<LitStr>,
    /// Whether smol, whose clock cannot be stopped, is left out where it was not asked for.
    pub(crate) start_paused: bool,
    pub(crate) with_tokio: bool,
    /// In how many simulated worlds a test runs.
    pub(crate) seeds: Option<u64>,
    /// The faults of those worlds.
    pub(crate) plan: Option<LitStr>,
    threads: Threads,
    /// What the loop is called.
    name: Option<LitStr>,
}

enum Threads {
    One,
    Some(TokenStream),
    PerProcessor,
}

/// Which of the macros is asked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Macro {
    Main,
    Test,
    Bench,
}

impl Macro {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Macro::Main => "main",
            Macro::Test => "test",
            Macro::Bench => "bench",
        }
    }
}

impl Args {
    pub(crate) fn parse(args: TokenStream, of: Macro) -> Result<Args> {
        let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(args)?;
        let mut parsed = Args {
            facade: quote!(::anyloop),
            renamed: false,
            backends: Vec::new(),
            seeds: None,
            plan: None,
            start_paused: false,
            with_tokio: false,
            threads: Threads::One,
            name: None,
        };
        let mut workers = None;
        let mut single = None;
        for meta in metas {
            let name = meta.path().get_ident().map(Ident::to_string).unwrap_or_default();
            if name == "with_tokio" && matches!(meta, Meta::Path(_)) {
                parsed.with_tokio = true;
                continue;
            }
            if matches!((&meta, name.as_str(), of), (Meta::Path(_), SIM, Macro::Test)) {
                parsed.seeds.get_or_insert(SEEDS);
                continue;
            }
            let Meta::NameValue(pair) = &meta else {
                return Err(Error::new_spanned(
                    &meta,
                    format!("write `{} = ...`", meta.path().to_token_stream()),
                ));
            };
            match (name.as_str(), of) {
                ("backend", Macro::Main) => parsed.backends = vec![backend(&pair.value)?],
                ("backends", Macro::Test | Macro::Bench) => parsed.backends = backends(&pair.value)?,
                ("backend", Macro::Test | Macro::Bench) => {
                    let message = format!("a {} has `backends = [\"...\"]`", of.name());
                    return Err(Error::new_spanned(&meta, message));
                }
                ("backends", Macro::Main) => {
                    return Err(Error::new_spanned(&meta, "main runs on one: write `backend = \"...\"`"));
                }
                ("with_tokio", _) => parsed.with_tokio = flag(&pair.value)?,
                ("start_paused", _) => parsed.start_paused = flag(&pair.value)?,
                ("seeds", Macro::Test) => parsed.seeds = Some(seeds(&pair.value)?),
                ("plan", Macro::Test) => {
                    parsed.plan = Some(text(&pair.value)?);
                    parsed.seeds.get_or_insert(SEEDS);
                }
                ("worker_threads", _) => workers = Some(count(&pair.value)?),
                ("flavor", _) => match text(&pair.value)?.value().as_str() {
                    "multi_thread" => parsed.threads = Threads::PerProcessor,
                    // Every loop of one thread is a local one.
                    "current_thread" | "local" => single = Some(meta.clone()),
                    _ => {
                        let message = "there is \"current_thread\", \"local\" and \"multi_thread\"";
                        return Err(Error::new_spanned(&pair.value, message));
                    }
                },
                ("name", _) => parsed.name = Some(text(&pair.value)?),
                ("crate", _) => {
                    let path: syn::Path = text(&pair.value)?.parse()?;
                    parsed.facade = path.into_token_stream();
                    parsed.renamed = true;
                }
                _ => {
                    let backend =
                        if of == Macro::Main { "backend = \"...\"" } else { "backends = [\"...\"]" };
                    let of_test = if of == Macro::Test { "sim, seeds = N, plan = \"...\", " } else { "" };
                    let message = format!(
                        "unknown argument: there is {backend}, {of_test}worker_threads = N, flavor = \"...\", with_tokio, \
                         start_paused = true, name = \"...\" and crate = \"...\""
                    );
                    return Err(Error::new_spanned(&meta, message));
                }
            }
        }
        if let (Some(flavor), Some(_)) = (single, &workers) {
            let message = "a loop on the current thread has no worker threads: leave one of the two out";
            return Err(Error::new_spanned(flavor, message));
        }
        if parsed.backends.iter().any(|backend| backend.value() == SIM) {
            parsed.seeds.get_or_insert(SEEDS);
        }
        if let Some(workers) = workers {
            parsed.threads = Threads::Some(workers);
        }
        Ok(parsed)
    }

    /// Whether this backend is among those that were asked for; all are, where none was named.
    pub(crate) fn asks_for(&self, backend: &str) -> bool {
        self.backends.is_empty() || self.backends.iter().any(|asked| asked.value() == backend)
    }

    /// The expression of a `Builder`, for the backend named.
    pub(crate) fn builder(&self, backend: Option<&Ident>) -> TokenStream {
        let facade = &self.facade;
        let mut builder = match &self.threads {
            Threads::PerProcessor => quote!(#facade::runtime::Builder::new_multi_thread()),
            _ => quote!(#facade::runtime::Builder::new()),
        };
        if let Some(backend) = backend {
            builder.extend(quote!(.backend(#facade::runtime::Backend::#backend)));
        }
        if let Threads::Some(n) = &self.threads {
            builder.extend(quote!(.worker_threads(#n)));
        }
        if let Some(name) = &self.name {
            builder.extend(quote!(.name(#name)));
        }
        // Macros of the facade, which knows its features.
        if self.with_tokio {
            builder = quote!(#facade::__with_tokio!(#builder));
        }
        if self.start_paused {
            builder = quote!(#facade::__start_paused!(#builder));
        }
        // The setters give a reference.
        quote!(#builder.build())
    }
}

/// The name of a backend as `anyloop::runtime::Backend` spells it.
pub(crate) fn variant(name: &str, span: Span) -> Ident {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Ident::new(&first.into_iter().chain(letters).collect::<String>(), span)
}

fn text(value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(Error::new_spanned(other, "write a string, in quotes")),
    }
}

fn backend(value: &Expr) -> Result<LitStr> {
    let name = text(value)?;
    if BACKENDS.contains(&name.value().as_str()) || name.value() == SIM {
        return Ok(name);
    }
    Err(Error::new_spanned(
        &name,
        format!("there is no backend {:?}: anyloop has {}, {SIM}", name.value(), BACKENDS.join(", ")),
    ))
}

fn backends(value: &Expr) -> Result<Vec<LitStr>> {
    let Expr::Array(array) = value else {
        return Err(Error::new_spanned(value, "write a list, such as [\"native\", \"tokio\"]"));
    };
    if array.elems.is_empty() {
        return Err(Error::new_spanned(value, "name at least one backend, or leave `backends` out for all"));
    }
    array.elems.iter().map(backend).collect()
}

fn flag(value: &Expr) -> Result<bool> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(flag.value),
        other => Err(Error::new_spanned(other, "write true or false")),
    }
}

fn seeds(value: &Expr) -> Result<u64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) => n.base10_parse::<u64>().ok().filter(|n| *n > 0),
        _ => None,
    }
    .ok_or_else(|| Error::new_spanned(value, "write how many seeds, at least 1"))
}

fn count(value: &Expr) -> Result<TokenStream> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) if n.base10_parse::<usize>().is_ok_and(|n| n > 0) => {
            Ok(value.to_token_stream())
        }
        other => Err(Error::new_spanned(other, "write how many threads, at least 1")),
    }
}
