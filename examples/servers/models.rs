//! The four models: each takes connections on the loop, and differs in where a request is answered.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyloop::loop_api::Handle as _;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::Handle;
use anyloop::sync::Semaphore;
use anyloop::time::Instant;
use loop_toolkit::Pool;

use super::request::{blocking, in_task, refuse};
use super::{Model, Work};

/// Serves until accepting fails for good.
pub(crate) async fn serve(listener: TcpListener, model: Model, work: Work, threads: usize) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(threads));
    let pool = Pool::builder().max_threads(threads).build();
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as that there are too many open files: those that are open end in time.
                eprintln!("accept: {error}");
                anyloop::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let accepted = Instant::now();
        match model {
            // Nothing else runs meanwhile, and further clients queue in the system.
            Model::Sync => tell(blocking(stream.into_std()?, accepted, work)),
            Model::Threads => thread_of_its_own(stream, accepted, work, &places, threads),
            Model::Pool => {
                let stream = stream.into_std()?;
                let job = move || tell(blocking(stream, accepted, work));
                drop(Handle::current().run_in_executor(&pool, job)); // it runs on
            }
            Model::Async => drop(anyloop::spawn(async move { tell(in_task(stream, accepted, work).await) })),
        }
    }
}

/// Past the limit, or where the system gives no thread, the client is told; those that are being
/// answered are not disturbed.
fn thread_of_its_own(stream: TcpStream, accepted: Instant, work: Work, places: &Arc<Semaphore>, most: usize) {
    let Ok(place) = Arc::clone(places).try_acquire_owned() else {
        let why = format!("all {most} threads are taken; --threads gives more");
        drop(anyloop::spawn(async move { tell(refuse(stream, &why).await) }));
        return;
    };
    // Given to the thread once there is one, so that the client can be told if there is none.
    let (give, take) = std::sync::mpsc::sync_channel(1);
    let started = thread::Builder::new().name("client".to_owned()).spawn(move || {
        if let Ok(stream) = take.recv() {
            tell(blocking(stream, accepted, work));
        }
        drop(place);
    });
    match started {
        Ok(_detached) => match stream.into_std() {
            // It waits for it.
            Ok(stream) => drop(give.send(stream)),
            Err(error) => tell(Err(error)),
        },
        Err(error) => {
            let why = format!("the system gives no thread: {error}");
            drop(anyloop::spawn(async move { tell(refuse(stream, &why).await) }));
        }
    }
}

/// What is wrong with one client is no matter of the others.
fn tell(ended: io::Result<()>) {
    if let Err(error) = ended {
        eprintln!("a client: {error}");
    }
}
