//! The loop's sockets: what [`Readiness`] gives, and `ready_net` makes of it.

use std::io;

use loop_api::readiness::{AsSource, Readiness};

use crate::handle::NativeHandle;
use crate::reactor::NativeSource;

impl Readiness for NativeHandle {
    type Source<T: AsSource + Send + Sync + 'static> = NativeSource<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<NativeSource<T>> {
        NativeSource::new(self.reactor(), io, false)
    }

    fn register_writer<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<NativeSource<T>> {
        NativeSource::new(self.reactor(), io, true)
    }
}

loop_toolkit::ready_net!(NativeHandle);

loop_toolkit::std_fs!(NativeHandle);
