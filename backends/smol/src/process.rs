//! Children: the toolkit's, over readiness.

use crate::inner::SmolHandle;

loop_toolkit::ready_process!(SmolHandle);
