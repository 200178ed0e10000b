//! How it was measured, in words.

use maud::{Markup, html};

pub(crate) fn method() -> Markup {
    html! {
        p {
            "The main figure is CPU time per operation, as the kernel counts it (schedstat) for all threads of the program: it says what a program costs, and "
            "another program on the machine disturbs it less than it disturbs time by the clock. Requests per second and latencies stand beside it."
        }
        p {
            "Every contestant is a process of its own. All that do the same work are alive at once; each gets a short slice in turn, and the order is reversed every "
            "round, so that what the machine does meanwhile falls on all of them alike. A figure is the median of its slices. The line over a bar goes from the 10th to "
            "the 90th of 100 slices, and the small diamond is the mean of the cheapest tenth, which noise touches least. A process may be 2.5 % faster "
            "or slower than its twin for all its life, by where the system puts its memory: a smaller difference is none."
        }
        p {
            "Ratios are to tokio's current-thread runtime used directly (with two workers: to tokio's with two), and to a raw loop: edge-triggered epoll written by hand, "
            "without async, which is the limit. \"Native alone\" is native as where no other loop is compiled in."
        }
        p {
            "Where there are two cores, the server has the first and its client the second; one client, a raw epoll loop, drives all servers. System calls (strace), "
            "instructions (valgrind's callgrind, of the program and not of the kernel) and allocations are counted in runs of their own, as the difference of a long and a "
            "short run; they have no spread."
        }
        p {
            "Server models: each request is a connection of its own. A fixed number of clients ask, wait for the answer and ask again; a client whose answer does not come in two "
            "seconds gives up, and where there is one such the model has broken. Memory is the most that the process had resident, each number of clients in "
            "a new process."
        }
        p { "The tool tests itself: " code { "compare selftest" } " plants a slowdown of 5 %, which it must see, and compares a program with itself, where it must see nothing." }
    }
}
