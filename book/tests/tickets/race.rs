// ANCHOR: head
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::time::sleep;
use anyloop::{fs, random};
use tickets::{buy, serve};

const FILE: &str = "/tmp/last-ticket";

async fn a_buyer(office: String) -> u64 {
    // People come when they come.
    sleep(Duration::from_micros(random::below(100_000))).await;
    buy(&office).await.unwrap()
}

// ANCHOR_END: head
#[anyloop::test(sim, seeds = 100)]
// ANCHOR: test
async fn no_ticket_is_sold_twice() {
    let _ = fs::remove_file(FILE).await; // of the last run
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let office = listener.local_addr().unwrap().to_string();
    anyloop::spawn(serve(listener, FILE));
    let anna = anyloop::spawn(a_buyer(office.clone()));
    let bert = anyloop::spawn(a_buyer(office));
    assert_ne!(anna.await.unwrap(), bert.await.unwrap(), "a ticket is sold twice");
}
// ANCHOR_END: test
