//! What `#[anyloop::bench]` writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, Visibility};

use crate::args::{Args, BACKENDS, Macro, SIM, variant};
use crate::entry::async_function;

/// A `fn` of the same name that gives criterion the `async fn` once for each backend.
pub(crate) fn bench(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function = async_function(item, Macro::Bench)?;
    let args = Args::parse(args, Macro::Bench)?;
    if let Some(parameter) = function.sig.inputs.first() {
        return Err(Error::new_spanned(parameter, "a benchmark takes no arguments"));
    }
    if let Some(sim) = args.backends.iter().find(|asked| asked.value() == SIM) {
        return Err(Error::new_spanned(sim, "in a simulated world no time passes that could be measured"));
    }
    let ItemFn { attrs, vis, sig, .. } = &function;
    let (facade, name) = (&args.facade, &sig.ident);
    let (span, text) = (name.span(), name.to_string());
    let inner = ItemFn { attrs: Vec::new(), vis: Visibility::Inherited, ..function.clone() };
    let measured = BACKENDS.into_iter().filter(|backend| args.asks_for(backend)).map(|backend| {
        let gate = Ident::new(&format!("__if_{backend}"), Span::call_site());
        let builder = args.builder(Some(&variant(backend, span)));
        quote_spanned!(span=> #facade::#gate! {
            #facade::criterion::bench(&mut group, #backend, #builder, #name);
        })
    });
    Ok(quote! {
        #(#attrs)*
        #vis fn #name(criterion: &mut #facade::criterion::Criterion) {
            #inner
            #[allow(unused_mut)]
            let mut group = criterion.benchmark_group(#text);
            #(#measured)*
            group.finish();
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_backend_has_its_benchmark_and_no_world() {
        let all = bench(
            quote!(),
            quote!(
                async fn b() {}
            ),
        );
        let all = all.unwrap().to_string();
        assert!(BACKENDS.iter().all(|backend| all.contains(&format!("__if_{backend}"))), "{all}");
        let refused = |args, item| bench(args, item).unwrap_err().to_string();
        let world = refused(
            quote!(backends = ["sim"]),
            quote!(
                async fn b() {}
            ),
        );
        assert!(world.contains("no time passes"), "{world}");
        let taken = refused(
            quote!(),
            quote!(
                async fn b(n: u8) {}
            ),
        );
        assert!(taken.contains("no arguments"), "{taken}");
    }
}
