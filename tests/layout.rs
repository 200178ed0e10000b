//! With one backend compiled in, the facade's types are that backend's own, to the byte.

/// Compares sizes where `one` is the only backend.
macro_rules! same_size {
    ($test:ident, $feature:literal, [$($other:literal),*], $handle:ty) => {
        #[cfg(all(feature = $feature, not(any($(feature = $other),*))))]
        #[test]
        fn $test() {
            use anyloop::loop_api::Handle;
            use anyloop::loop_api::net::{Net, Stream};
            type Tcp = <$handle as Net>::TcpStream;
            assert_eq!(size_of::<anyloop::runtime::Handle>(), size_of::<$handle>());
            assert_eq!(size_of::<anyloop::task::JoinHandle<u64>>(), size_of::<<$handle as Handle>::Task<u64>>());
            assert_eq!(size_of::<anyloop::time::Sleep>(), size_of::<<$handle as Handle>::Sleep>());
            assert_eq!(size_of::<anyloop::net::TcpStream>(), size_of::<Tcp>());
            assert_eq!(size_of::<anyloop::net::TcpListener>(), size_of::<<$handle as Net>::TcpListener>());
            assert_eq!(size_of::<anyloop::net::UdpSocket>(), size_of::<<$handle as Net>::UdpSocket>());
            assert_eq!(size_of::<anyloop::net::tcp::OwnedReadHalf>(), size_of::<<Tcp as Stream>::OwnedReadHalf>());
        }
    };
}

same_size!(native, "native", ["tokio", "smol", "dyn"], loop_native::NativeHandle);
same_size!(tokio, "tokio", ["native", "smol", "dyn"], loop_tokio::TokioHandle);
same_size!(smol, "smol", ["native", "tokio", "dyn"], loop_smol::SmolHandle);
