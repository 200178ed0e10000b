//! How it was measured, in words.

use maud::{Markup, html};

pub(crate) fn method() -> Markup {
    html! {
        p {
            "The main figure is CPU time per operation, as the kernel counts it for the threads at work: it says what a program costs, and another "
            "program on the machine disturbs it less than it disturbs time by the clock. Requests per second and latencies stand beside it."
        }
        p {
            "All contestants of a work are alive at once. Each gets a short slice in turn, and the order is reversed every round, so that what the machine does "
            "meanwhile falls on all of them alike. A figure is the median of its slices. The line over a bar goes from the 10th to the 90th of 100 slices, and the "
            "small diamond is the mean of the cheapest tenth, which noise touches least."
        }
        p {
            "Ratios are to tokio's current-thread runtime used directly, and to a raw loop: edge-triggered epoll written by hand, without async, which is the limit. "
            "System calls (strace) and instructions (valgrind's callgrind) are counted in runs of their own, as the difference of a long and a short run; "
            "they are the same every time and have no spread."
        }
        p {
            "Where there are two cores, server and client have one each. A self-test of the tool sees a slowdown of 5 % that was planted, and no difference between "
            "a program and itself."
        }
    }
}
