//! Signals: the toolkit's, over readiness.

use crate::handle::NativeHandle;

loop_toolkit::ready_signals!(NativeHandle);
