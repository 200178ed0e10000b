//! How often members are polled.

use super::member::POLLS;
use super::*;
use crate::runtime::{Backend, Builder};

#[test]
fn polls_are_as_many_as_tasks_whatever_the_budget_of_the_runtime() {
    const MANY: usize = 20_000;
    for backend in Backend::compiled() {
        for workers in [None, Some(1)] {
            let mut builder = Builder::new();
            builder.backend(*backend);
            if let Some(count) = workers {
                builder.worker_threads(count);
            }
            builder.build().unwrap().block_on(async {
                let mut set: JoinSet<()> = (0..MANY).map(|_| crate::spawn(async {})).collect();
                while !set.tasks.iter().flatten().all(|slot| slot.task.is_finished()) {
                    crate::task::yield_now().await;
                }
                POLLS.set(0);
                while let Some(output) = set.join_next().await {
                    output.unwrap();
                }
                // One that is refused for each budget that is used up.
                let polls = POLLS.get();
                assert!((MANY..MANY + MANY / 16).contains(&polls), "{backend:?}: {polls}");
            });
        }
    }
}
