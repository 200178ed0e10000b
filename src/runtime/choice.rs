//! Which backend is used, and why.

use std::env;
use std::fmt;

use crate::any::backend::{AskedBy, Backend, ChoiceError, Names, VARIABLE};

/// A backend, and why it was taken.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return }
/// let choice = anyloop::runtime::choose().unwrap();
/// println!("{choice}"); // such as: native, because it is the only one compiled in
/// assert!(choice.backend().is_compiled());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    backend: Backend,
    reason: Reason,
}

impl Choice {
    pub(super) fn new(backend: Backend, reason: Reason) -> Choice {
        Choice { backend, reason }
    }

    /// The backend.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, because {}", self.backend, self.reason)
    }
}

/// Why a backend was taken.
///
/// ```
/// use anyloop::runtime::Reason;
///
/// assert_eq!(Reason::Asked.to_string(), "the program asked for it");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The program asked for it by name.
    Asked,
    /// `ANYLOOP_BACKEND` names it.
    Environment,
    /// There is no other.
    OnlyOne,
    /// Of several, it is the first in the order tokio, smol, native.
    FirstInOrder,
    /// Those before it in that order could not be made; this says why not.
    Fallback(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Asked => f.write_str("the program asked for it"),
            Reason::Environment => write!(f, "{VARIABLE} says so"),
            Reason::OnlyOne => f.write_str("it is the only one compiled in"),
            Reason::FirstInOrder => {
                write!(f, "it comes first of those compiled in ({})", Names(Backend::compiled()))
            }
            Reason::Fallback(failed) => write!(f, "the ones before it could not be made ({failed})"),
        }
    }
}

/// The backend that a program which does not ask for one gets: the one that `ANYLOOP_BACKEND`
/// names, else the only one compiled in, else the first of tokio, smol, native. (A program that
/// turned tokio on needs its context; one that turned native on needs a loop.)
///
/// # Errors
///
/// [`ChoiceError`]: the variable names something unknown or not compiled in, or nothing is compiled
/// in.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::{Runtime, choose};
///
/// assert_eq!(choose().unwrap().backend(), Runtime::new()?.choice().backend());
/// # std::io::Result::Ok(())
/// ```
#[doc(alias = "choosing a backend")]
pub fn choose() -> Result<Choice, ChoiceError> {
    choose_with(None)
}

pub(super) fn choose_with(asked: Option<Backend>) -> Result<Choice, ChoiceError> {
    if let Some(backend) = asked {
        return checked(backend, Reason::Asked, AskedBy::Program);
    }
    if let Some(name) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        let name = name.to_string_lossy();
        let backend = name.parse().map_err(|_: ChoiceError| ChoiceError::Unknown {
            name: name.clone().into_owned(),
            asked_by: AskedBy::Environment,
        })?;
        return checked(backend, Reason::Environment, AskedBy::Environment);
    }
    match Backend::compiled() {
        [] => Err(ChoiceError::None),
        [only] => Ok(Choice::new(*only, Reason::OnlyOne)),
        [first, ..] => Ok(Choice::new(*first, Reason::FirstInOrder)),
    }
}

fn checked(backend: Backend, reason: Reason, asked_by: AskedBy) -> Result<Choice, ChoiceError> {
    if backend.is_compiled() {
        Ok(Choice::new(backend, reason))
    } else {
        Err(ChoiceError::NotCompiled { backend, asked_by })
    }
}
