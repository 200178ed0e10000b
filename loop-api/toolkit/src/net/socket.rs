//! The contract's [`Socket`](loop_api::net::Socket) over readiness.

/// For what has a registered source: `over_source!([generics] Type, source)`.
macro_rules! over_source {
    ([$($generics:tt)*] $name:ty, $source:tt) => {
        impl $($generics)* loop_api::net::Socket for $name {
            fn poll_ready(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
            ) -> std::task::Poll<std::io::Result<()>> {
                self.$source.poll_io(cx, interest, |io| $crate::socket::is_ready(io, interest))
            }

            async fn ready(&self, interest: loop_api::io::Interest) -> std::io::Result<()> {
                self.$source.io(interest, |io| $crate::socket::is_ready(io, interest)).await
            }

            fn poll_io<R>(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
                mut op: impl FnMut(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::task::Poll<std::io::Result<R>> {
                self.$source.poll_io(cx, interest, |io| op(socket2::SockRef::from(io)))
            }

            fn descriptor(&self) -> Option<loop_api::net::Descriptor<'_>> {
                Some(loop_api::net::borrow_descriptor(self.$source.get_ref()))
            }
        }
    };
}
pub(super) use over_source;
