//! The one projection that no macro can write, because the variants of the enum come and go with the features.
#![allow(unsafe_code)]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use loop_api::time::Instant;

use super::dispatch::apart;
use super::{Sleep, each};

impl Sleep {
    #[inline]
    pub(crate) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out: the reference is only matched on.
        let this = unsafe { self.get_unchecked_mut() };
        let this = match this {
            // The least of them, and a function of its own anyway.
            #[cfg(feature = "native")]
            // SAFETY: the value inside the variant is pinned because the enum is: it has no Drop and
            // is not Unpin unless all its variants are, and no code moves a variant's value out of a
            // pinned enum.
            Sleep::Native(sleep) => return unsafe { Pin::new_unchecked(sleep) }.poll(cx),
            #[allow(unreachable_patterns)]
            this => this,
        };
        // SAFETY: as above.
        each!(Sleep; this, sleep => apart(unsafe { Pin::new_unchecked(sleep) }, cx, |sleep, cx| sleep.poll(cx)))
    }

    #[inline]
    pub(crate) fn reset(self: Pin<&mut Self>, deadline: Instant) {
        // SAFETY: as in `poll`.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as in `poll`.
        each!(Sleep; this, sleep => loop_api::time::Sleep::reset(unsafe { Pin::new_unchecked(sleep) }, deadline))
    }
}
