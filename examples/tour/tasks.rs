//! Two tasks on one thread, whose interleaving is fixed: the talk, and the coffee.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use anyloop::task::yield_now;

type Told = Arc<Mutex<Vec<&'static str>>>;

async fn tell(told: Told, words: [&'static str; 3]) {
    for word in words {
        told.lock().unwrap_or_else(PoisonError::into_inner).push(word);
        yield_now().await;
    }
}

pub(crate) async fn run() -> io::Result<String> {
    let told = Told::default();
    let talk = anyloop::spawn(tell(told.clone(), ["welcome", "loops", "thanks"]));
    let coffee = anyloop::spawn(tell(told.clone(), ["sip", "sip", "gone"]));
    talk.await?;
    coffee.await?;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(told.join(" "))
}
