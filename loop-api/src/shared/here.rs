//! The exception handler of whatever loop the caller is in, for things that belong to no loop.

use std::any::TypeId;
use std::sync::{Mutex, PoisonError};

use super::Exception;
use crate::context::{Innermost, innermost};

/// Tells the handler of the current loop of one kind, if there is one; of the innermost loop alone,
/// if that one is given.
pub(crate) type Report = fn(Option<Innermost>, &Exception) -> bool;

/// One entry for each kind of handle in this process.
static KINDS: Mutex<Vec<(TypeId, Report)>> = Mutex::new(Vec::new());

/// From now on loops of this kind of handle are asked.
pub(crate) fn register_kind(handle: TypeId, report: Report) {
    let mut kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    if kinds.iter().all(|(id, _)| *id != handle) {
        kinds.push((handle, report));
    }
}

/// Tells the exception handler of the loop that the caller runs in, or standard error.
pub fn report_to_current(exception: &Exception) {
    let kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let told = |only| kinds.iter().any(|(_, report)| report(only, exception));
    if !innermost().is_some_and(|innermost| told(Some(innermost))) && !told(None) {
        super::report(None, exception);
    }
}
