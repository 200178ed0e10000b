//! Whether hosts have kept what they opened.

use std::time::Duration;

use loop_api::{EventLoop, Handle};

use crate::core::lock;
use crate::resources::Resources;
use crate::sim_loop::SimLoop;

/// How often the world goes on for a while, so that what is being closed can be.
const LOOKS: u32 = 60;

/// Fails the world if a host that is watched has leaked; a minute may pass in it first.
pub(crate) fn expect_none(sim: &mut SimLoop) {
    let world = sim.world();
    let watched = lock(&world.inner().checks).watched.clone();
    let leaked = |(name, before): &(String, Resources)| {
        let more = world.host(name).resources().more_than(before)?;
        Some(format!("host `{name}` has leaked {more}"))
    };
    for _ in 0..LOOKS {
        if !watched.iter().any(|watched| leaked(watched).is_some()) {
            return;
        }
        let pause = sim.handle().sleep(Duration::from_secs(1));
        sim.block_on(pause);
    }
    watched.iter().filter_map(leaked).for_each(|leak| world.fail(leak));
}
