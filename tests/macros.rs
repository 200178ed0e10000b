//! `#[anyloop::main]` and `#[anyloop::test]`.
#![cfg(feature = "macros")]

use std::io;

use anyloop::runtime::{Backend, Handle};

#[anyloop::test]
async fn each_test_runs_on_a_loop() {
    assert!(Handle::current().backend().is_compiled());
    anyloop::task::yield_now().await;
}

#[anyloop::test(backends = ["tokio", "smol"])]
async fn backends_can_be_picked() {
    assert_ne!(Handle::current().backend(), Backend::Native);
}

#[anyloop::test]
async fn results_are_outputs() -> io::Result<()> {
    let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await?;
    assert_ne!(listener.local_addr()?.port(), 0);
    Ok(())
}

#[anyloop::test]
#[should_panic(expected = "on purpose")]
async fn panics_can_be_expected() {
    panic!("on purpose");
}

#[anyloop::test]
#[ignore = "to be ignored"]
async fn tests_can_be_ignored() {
    unreachable!("it is ignored");
}

#[anyloop::test(flavor = "local", name = "of the test")]
async fn tokios_arguments_are_understood() {
    assert_eq!(Handle::current().name(), Some("of the test"));
    let local = std::rc::Rc::new(1);
    assert_eq!(anyloop::task::spawn_local(async move { *local }).await.unwrap(), 1);
}

/// A crate that needs tokio is told apart by nothing but the attribute.
#[cfg(feature = "compat")]
#[cfg_attr(not(windows), anyloop::test(with_tokio))]
// There native cannot wait inside another runtime on one thread.
#[cfg_attr(windows, anyloop::test(with_tokio, worker_threads = 1))]
async fn tokio_may_be_part_of_the_loop() {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    assert_eq!(tokio::spawn(async { 1 }).await.unwrap(), 1);
}

#[cfg(feature = "compat")]
#[anyloop::main(with_tokio)]
async fn main_with_tokio() -> u32 {
    tokio::spawn(async { 1 }).await.unwrap()
}

#[cfg(feature = "compat")]
#[test]
fn main_may_have_tokio_inside() {
    if !Backend::compiled().is_empty() {
        assert_eq!(main_with_tokio(), 1);
    }
}

mod renamed {
    pub(crate) mod other {
        pub(crate) use anyloop::*;
    }

    #[anyloop::test(crate = "anyloop")]
    async fn the_crate_can_be_renamed() {
        other::task::yield_now().await;
    }
}

#[anyloop::main]
async fn double(n: u32) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(anyloop::task::spawn(async move { n * 2 }).await?)
}

#[test]
fn main_is_a_plain_function() {
    if !Backend::compiled().is_empty() {
        assert_eq!(double(21).unwrap(), 42);
    }
}

struct Program {
    name: &'static str,
}

impl Program {
    #[anyloop::main]
    async fn run(&self, (first, second): (usize, usize)) -> io::Result<usize> {
        anyloop::task::yield_now().await;
        // Its type is known from the signature.
        Ok(self.name.len() + first + "1".parse::<usize>().map_err(io::Error::other)? + second)
    }

    #[anyloop::main]
    async fn end(self) -> &'static str {
        self.name
    }
}

#[test]
fn main_may_be_a_method_and_take_patterns() {
    if !Backend::compiled().is_empty() {
        let program = Program { name: "four" };
        assert_eq!(program.run((2, 3)).unwrap(), 10);
        assert_eq!(program.end(), "four");
    }
}

mod by_an_alias {
    use ::anyloop as alias;

    #[alias::test(crate = "alias")]
    async fn an_alias_may_name_the_crate() {
        alias::task::yield_now().await;
    }
}

#[cfg(feature = "sim")]
mod plans {
    use std::time::Duration;

    use anyloop::sim::{Chaos, World};

    #[anyloop::test(sim, seeds = 3, plan = "3s pause server\n5s resume server")]
    async fn a_plan_is_taken_in_place_of_drawn_faults(world: World) {
        world.host("server");
        let plan = world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(9.0));
        assert_eq!(plan.to_string(), "3s pause server\n5s resume server\n");
    }

    #[anyloop::test(plan = "3s pause server", seeds = 1)]
    #[should_panic(expected = "its faults happen where `World::chaos` is called")]
    async fn a_plan_that_is_not_taken_is_told(world: World) {
        world.host("server");
    }

    #[anyloop::test(plan = "3s pause", seeds = 1)]
    #[should_panic(expected = "line 1 of the plan: `pause` is not a fault: write `pause HOST`")]
    async fn a_plan_that_does_not_parse_is_told(_world: World) {}

    #[anyloop::test(plan = "3s pause sever", seeds = 1)]
    #[should_panic(expected = "sever")]
    async fn a_plan_for_a_host_that_is_not_there_is_told(world: World) {
        world.host("server");
        world.chaos(&Chaos::new(Duration::from_secs(2)));
    }
}
