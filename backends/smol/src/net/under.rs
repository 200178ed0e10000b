//! The contract's [`Socket`](loop_api::net::Socket) over async-io.

/// For what has async-io's type in `io` and a `link`: `over_async!([generics] Type)`.
macro_rules! over_async {
    ([$($generics:tt)*] $name:ty) => {
        impl $($generics)* loop_api::net::Socket for $name {
            fn poll_ready(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
            ) -> std::task::Poll<std::io::Result<()>> {
                self.poll_io(cx, interest, |socket| loop_toolkit::socket::is_ready(&*socket, interest))
            }

            async fn ready(&self, interest: loop_api::io::Interest) -> std::io::Result<()> {
                let ready = |io: &_| loop_toolkit::socket::is_ready(io, interest);
                match interest {
                    loop_api::io::Interest::Readable => self.link.until(self.io.read_with(ready)).await,
                    loop_api::io::Interest::Writable => self.link.until(self.io.write_with(ready)).await,
                }
            }

            fn poll_io<R>(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: loop_api::io::Interest,
                mut op: impl FnMut(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::task::Poll<std::io::Result<R>> {
                self.link.check()?;
                $crate::coop::poll_transfer(cx, |cx| {
                    loop {
                        match op(socket2::SockRef::from(self.io.get_ref())) {
                            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                            result => return std::task::Poll::Ready(result),
                        }
                        let polled = match interest {
                            loop_api::io::Interest::Readable => self.io.poll_readable(cx),
                            loop_api::io::Interest::Writable => self.io.poll_writable(cx),
                        };
                        if polled.is_pending() {
                            self.link.wait(cx, interest)?;
                        }
                        std::task::ready!(polled)?;
                    }
                })
            }

            fn descriptor(&self) -> Option<loop_api::net::Descriptor<'_>> {
                Some(loop_api::net::borrow_descriptor(self.io.get_ref()))
            }
        }
    };
}
pub(super) use over_async;
