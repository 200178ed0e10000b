//! What the macros write.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, ItemFn, Pat, Result, ReturnType, Type};

use crate::args::{Args, BACKENDS, Macro, variant};

/// A `fn` of the same name that makes a loop and runs the `async fn` inside it.
pub(crate) fn main(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function = async_function(item, Macro::Main)?;
    let args = Args::parse(args, Macro::Main)?;
    let asked = args.backends.first().map(|name| variant(&name.value(), name.span()));
    let (facade, builder) = (&args.facade, args.builder(asked.as_ref()));

    let ItemFn { attrs, vis, sig, block } = &function;
    let mut outer = sig.clone();
    outer.asyncness = None;
    let Some(passed) = parameters(&function) else {
        // A method, or patterns: what cannot be passed on is moved into a block.
        let checked = match &sig.output {
            ReturnType::Type(_, output) if matches!(**output, Type::Never(_) | Type::ImplTrait(_)) => {
                quote!()
            }
            // Tells the type of the output, as that of a function would be.
            output => {
                let output = match output {
                    ReturnType::Default => quote!(()),
                    ReturnType::Type(_, output) => quote!(#output),
                };
                quote!(if false { let _: &dyn ::core::future::Future<Output = #output> = &body; })
            }
        };
        return Ok(quote! {
            #(#attrs)*
            #vis #outer {
                let body = async move #block;
                #checked
                #facade::__private::run_main(#builder, body)
            }
        });
    };
    let name = &sig.ident;
    let inner = ItemFn { attrs: Vec::new(), vis: syn::Visibility::Inherited, ..function.clone() };
    Ok(quote! {
        #(#attrs)*
        #vis #outer {
            #inner
            #facade::__private::run_main(#builder, #name(#(#passed),*))
        }
    })
}

/// The `async fn` itself, and a module of the same name with a `#[test]` for each backend.
pub(crate) fn test(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut function = async_function(item, Macro::Test)?;
    let args = Args::parse(args, Macro::Test)?;
    let world = function.sig.inputs.first();
    if let Some(parameter) = function.sig.inputs.iter().nth(1) {
        return Err(Error::new_spanned(parameter, "a test takes a `World`, or nothing"));
    }
    if let (Some(parameter), None) = (world, args.seeds) {
        let message =
            "a test takes no arguments, but for a `World` in a simulated one: write #[anyloop::test(sim)]";
        return Err(Error::new_spanned(parameter, message));
    }
    // No other loop has a world to give.
    let only_sim = world.is_some();
    let takes_world = world.map(|_| quote!(world));
    let (of_test, of_body) = parted(std::mem::take(&mut function.attrs))?;
    function.attrs = of_body.clone();
    let facade = &args.facade;
    let name = &function.sig.ident;
    let span = name.span();

    let output = match &function.sig.output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(..) => quote!(-> impl ::std::process::Termination),
    };
    let mut tests = TokenStream::new();
    for backend in BACKENDS {
        if only_sim || !args.asks_for(backend) {
            continue;
        }
        if args.start_paused && args.backends.is_empty() && backend == "smol" {
            continue;
        }
        let gate = Ident::new(&format!("__if_{backend}"), Span::call_site());
        let test = Ident::new(backend, span);
        let builder = args.builder(Some(&variant(backend, span)));
        tests.extend(quote_spanned! {span=>
            #facade::#gate! {
                #(#of_test)*
                #[::core::prelude::v1::test]
                fn #test() #output {
                    #facade::__private::run_test(#builder, super::#name())
                }
            }
        });
    }
    if let Some(seeds) = args.seeds {
        let (text, with_tokio) = (name.to_string(), args.with_tokio);
        let plan = match &args.plan {
            Some(plan) => quote!(::core::option::Option::Some(#plan)),
            None => quote!(::core::option::Option::None),
        };
        tests.extend(quote_spanned! {span=>
            #facade::__if_sim! {
                #(#of_test)*
                #[::core::prelude::v1::test]
                fn sim() {
                    #facade::__private::run_sim_test(#text, #seeds, #plan, #with_tokio, |world| {
                        let _ = &world;
                        super::#name(#takes_world)
                    })
                }
            }
        });
    }
    // An alias of the crate is seen in the module too.
    let renamed = args.renamed.then(|| {
        quote!(
            #[allow(unused_imports)]
            use super::*;
        )
    });
    let cfgs = of_body.iter().filter(|attr| attr.path().is_ident("cfg"));
    let none = if only_sim { quote!(#facade::__if_no_sim) } else { quote!(#facade::__if_none) };
    Ok(quote! {
        // Not called where none of its backends is compiled in.
        #[cfg(test)]
        #[allow(dead_code)]
        #function

        #[cfg(test)]
        #(#cfgs)*
        mod #name {
            #renamed
            #tests
            #none! {
                #[::core::prelude::v1::test]
                #[ignore = "anyloop was compiled without a backend"]
                fn no_backend() {}
            }
        }
    })
}

pub(crate) fn async_function(item: TokenStream, of: Macro) -> Result<ItemFn> {
    let name = of.name();
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        Error::new(error.span(), format!("#[anyloop::{name}] goes before an `async fn`: {error}"))
    })?;
    if function.sig.asyncness.is_none() {
        let message = format!("#[anyloop::{name}] runs an `async fn`: write `async` before `fn`");
        return Err(Error::new(function.sig.fn_token.span(), message));
    }
    if !function.sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&function.sig.generics, "the function cannot be generic"));
    }
    Ok(function)
}

/// The names of the parameters, to pass them on, if all of them have one.
fn parameters(function: &ItemFn) -> Option<Vec<&Ident>> {
    fn name(parameter: &FnArg) -> Option<&Ident> {
        match parameter {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(pattern) => Some(&pattern.ident),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        }
    }
    function.sig.inputs.iter().map(name).collect()
}

/// The attributes that say how the test is run, and those of the function itself.
fn parted(attrs: Vec<Attribute>) -> Result<(Vec<Attribute>, Vec<Attribute>)> {
    if let Some(test) = attrs.iter().find(|attr| attr.path().is_ident("test")) {
        let message = "#[anyloop::test] makes the tests: leave #[test] out, or each would be there twice";
        return Err(Error::new_spanned(test, message));
    }
    let of_test = |attr: &Attribute| attr.path().is_ident("should_panic") || attr.path().is_ident("ignore");
    Ok(attrs.into_iter().partition(of_test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main_error(args: TokenStream, item: TokenStream) -> String {
        main(args, item).unwrap_err().to_string()
    }

    fn test_error(args: TokenStream, item: TokenStream) -> String {
        test(args, item).unwrap_err().to_string()
    }

    #[test]
    fn a_function_that_is_not_async_is_told() {
        assert!(
            main_error(
                quote!(),
                quote!(
                    fn main() {}
                )
            )
            .contains("write `async` before `fn`")
        );
        assert!(
            test_error(
                quote!(),
                quote!(
                    struct S;
                )
            )
            .contains("goes before an `async fn`")
        );
    }

    #[test]
    fn unknown_arguments_list_the_known() {
        let error = main_error(
            quote!(paused = true),
            quote!(
                async fn main() {}
            ),
        );
        assert!(error.contains("worker_threads = N"), "{error}");
        let error = main_error(
            quote!(backend = "libuv"),
            quote!(
                async fn main() {}
            ),
        );
        assert!(error.contains("native, tokio, smol"), "{error}");
        let error = test_error(
            quote!(backend = "tokio"),
            quote!(
                async fn t() {}
            ),
        );
        assert!(error.contains("backends = "), "{error}");
        let error = test_error(
            quote!(worker_threads = 0),
            quote!(
                async fn t() {}
            ),
        );
        assert!(error.contains("at least 1"), "{error}");
    }

    #[test]
    fn a_world_is_given_only_in_a_simulated_test() {
        let with_world = quote!(
            async fn t(world: World) {}
        );
        assert!(test_error(quote!(), with_world.clone()).contains("#[anyloop::test(sim)]"));
        let written = test(quote!(sim, seeds = 7), with_world).unwrap().to_string();
        assert!(written.contains("7u64") && !written.contains("__if_native"), "{written}");
        let error = test_error(
            quote!(seeds = 0),
            quote!(
                async fn t() {}
            ),
        );
        assert!(error.contains("at least 1"), "{error}");
        let both = test(
            quote!(sim),
            quote!(
                async fn t() {}
            ),
        )
        .unwrap()
        .to_string();
        assert!(both.contains("__if_sim") && both.contains("__if_native"), "{both}");
        let planned = test(
            quote!(plan = "1s crash a"),
            quote!(
                async fn t(world: World) {}
            ),
        )
        .unwrap()
        .to_string();
        assert!(planned.contains("Some (\"1s crash a\")"), "{planned}");
    }

    #[test]
    fn what_would_run_twice_is_refused() {
        let error = test_error(
            quote!(),
            quote!(
                #[test]
                async fn t() {}
            ),
        );
        assert!(error.contains("leave #[test] out"), "{error}");
        let error = main_error(
            quote!(flavor = "current_thread", worker_threads = 2),
            quote!(
                async fn main() {}
            ),
        );
        assert!(error.contains("no worker threads"), "{error}");
    }

    #[test]
    fn features_are_asked_of_the_facade() {
        let made = main(
            quote!(with_tokio),
            quote!(
                async fn main() {}
            ),
        );
        assert!(made.unwrap().to_string().contains("__with_tokio"));
        let made = test(
            quote!(start_paused = true, with_tokio = false),
            quote!(
                async fn t() {}
            ),
        );
        let made = made.unwrap().to_string();
        assert!(made.contains("__start_paused") && !made.contains("__with_tokio"));
        // Its clock cannot be stopped.
        assert!(!made.contains("__if_smol"));
    }

    #[test]
    fn backends_are_picked() {
        let all = test(
            quote!(),
            quote!(
                async fn t() {}
            ),
        )
        .unwrap()
        .to_string();
        let one = test(
            quote!(backends = ["smol"]),
            quote!(
                async fn t() {}
            ),
        )
        .unwrap()
        .to_string();
        assert!(BACKENDS.iter().all(|backend| all.contains(&format!("__if_{backend}"))));
        assert!(one.contains("__if_smol") && !one.contains("__if_native"));
    }
}
