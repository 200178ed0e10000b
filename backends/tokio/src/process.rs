//! Children: the toolkit's, over readiness.

use crate::inner::TokioHandle;

loop_toolkit::ready_process!(TokioHandle);
