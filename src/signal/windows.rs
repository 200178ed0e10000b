//! The events of Windows' console.
//!
//! They come by tokio's handler, on every loop: the system calls it on a thread of its own. The
//! handlers of closing, logging off and shutting down do not return once they are listened to, as
//! the system would end the process at once; it does so anyway after some seconds, by which the
//! program has to be done.

use std::io;

use loop_api::signal::SignalKind;

use super::{listen, listener};

macro_rules! events {
    ($($function:ident $name:ident $what:literal;)*) => {$(
        listener! {
            #[doc = concat!("One who listens to ", $what, ": see [`", stringify!($function), "`]. It is also a `Stream`.")]
            $name
        }

        #[doc = concat!("Listens to ", $what, " from now on.")]
        ///
        /// # Errors
        ///
        /// `Unsupported` on a loop without signals; [`NoLoop`](crate::runtime::NoLoop) inside an
        /// `io::Error` without a loop; else any error of `SetConsoleCtrlHandler`.
        pub fn $function() -> io::Result<$name> {
            listen(SignalKind::$name).map($name)
        }
    )*};
}

events! {
    ctrl_c CtrlC "Ctrl-C";
    ctrl_break CtrlBreak "Ctrl-Break";
    ctrl_close CtrlClose "the closing of the console";
    ctrl_logoff CtrlLogoff "the end of the user's session";
    ctrl_shutdown CtrlShutdown "the shutdown of the system";
}
