use std::collections::BTreeSet;
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::sim::{Chaos, World};
use anyloop::time::{sleep, timeout};
use tickets::{buy, serve};

const FILE: &str = "/tmp/last-ticket";

#[anyloop::test(sim, seeds = 30)]
async fn a_crash_sells_no_ticket_twice(world: World) {
    world.host("office").run(|| async {
        let listener = TcpListener::bind("0.0.0.0:7000").await?;
        serve(listener, FILE).await
    });
    world.chaos(&Chaos::new(Duration::from_secs(1)).crashes(0.1));
    let mut sold = BTreeSet::new();
    for _ in 0..20 {
        // While the office is down, a buyer comes again.
        if let Ok(Ok(ticket)) = timeout(Duration::from_millis(50), buy("office:7000")).await {
            assert!(sold.insert(ticket), "ticket {ticket} is sold twice");
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert!(!sold.is_empty(), "nobody gets a ticket");
}
