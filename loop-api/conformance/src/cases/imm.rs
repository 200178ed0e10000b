//! IMM: callbacks that run as soon as they can.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Counter, LONG, Log, SHORT, run, until, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::error::LocalError;
use loop_api::net::{Net, TcpListener, TcpOptions};

pub fn imm01_call_soon_is_fifo<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        for number in 0..1000 {
            let line = log.clone();
            handle.call_soon(move || line.push(number)).unwrap();
        }
        assert!(log.is_empty(), "a callback ran inside call_soon");
        assert!(until(&handle, || log.len() == 1000).await);
        assert_eq!(log.take(), (0..1000).collect::<Vec<_>>());
    });
}

pub fn imm02_callback_of_a_callback_runs_behind_what_is_queued<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (line, inner) = (log.clone(), handle.clone());
        handle
            .call_soon(move || {
                let late = line.clone();
                inner.call_soon(move || late.push(3)).unwrap();
                line.push(1);
            })
            .unwrap();
        let line = log.clone();
        handle.call_soon(move || line.push(2)).unwrap();
        assert!(until(&handle, || log.len() == 3).await);
        assert_eq!(log.take(), [1, 2, 3]);
    });
}

/// Queues a callback that queues itself again for as long as `go` is shared.
fn endless<H: Handle>(handle: &H, go: &Arc<()>, turns: &Counter) {
    let (handle, go, turns) = (handle.clone(), go.clone(), turns.clone());
    let again = handle.clone();
    let queued = handle.call_soon(move || {
        turns.add();
        if Arc::strong_count(&go) > 1 {
            endless(&again, &go, &turns);
        }
    });
    // A loop that closes ends it too.
    drop(queued);
}

pub fn imm05_endless_chain_starves_no_timer_or_task<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (go, turns) = (Arc::new(()), Counter::new());
        endless(&handle, &go, &turns);
        for _ in 0..3 {
            within(&handle, LONG, handle.sleep(SHORT)).await.expect("a timer beside an endless chain");
            let task = handle.spawn(async { 1 });
            let output = within(&handle, LONG, task).await.expect("a task beside an endless chain");
            assert_eq!(output.ok(), Some(1));
            let job = handle.spawn_blocking(|| 2);
            let output = within(&handle, LONG, job).await.expect("a job beside an endless chain");
            assert_eq!(output.ok(), Some(2));
        }
        assert!(turns.get() > 3, "the chain itself was starved: {} turns", turns.get());
        drop(go);
    });
}

pub fn imm05_endless_chain_starves_no_io<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (go, turns) = (Arc::new(()), Counter::new());
        endless(&handle, &go, &turns);
        let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default()).unwrap();
        let address = listener.local_addr().unwrap();
        let options = TcpOptions::default();
        let echo = async {
            let (accepted, connected) =
                futures_lite::future::zip(listener.accept(), handle.connect_tcp(address, options.clone()))
                    .await;
            let ((mut one, _), mut other) = (accepted.unwrap(), connected.unwrap());
            for _ in 0..10 {
                other.write_all(b"hello").await.unwrap();
                let mut buffer = [0; 5];
                one.read_exact(&mut buffer).await.unwrap();
                assert_eq!(&buffer, b"hello");
            }
        };
        // A timer could be starved as well: it is a thread that watches.
        echo.await;
        drop(go);
    });
}

pub fn imm06_cancelled_callback_does_not_run<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (ran, dropped) = (Counter::new(), Counter::new());
        let (line, guard) = (ran.clone(), dropped.on_drop());
        let cancelled = handle
            .call_soon(move || {
                let _guard = guard;
                line.add();
            })
            .unwrap();
        assert!(cancelled.is_pending() && !cancelled.is_cancelled());
        assert!(cancelled.cancel());
        assert!(!cancelled.cancel(), "the second cancel prevented nothing");
        assert!(cancelled.is_cancelled());
        assert_eq!(dropped.get(), 1, "what it captured is dropped at once");
        let last = ran.clone();
        let kept = handle.call_soon(move || _ = last.add()).unwrap();
        assert!(until(&handle, || ran.get() == 1).await);
        handle.sleep(SHORT).await;
        assert_eq!(ran.get(), 1);
        // Cancelling what has run is harmless.
        assert!(!kept.cancel());
        assert!(!kept.is_cancelled() && !kept.is_pending());
    });
}

pub fn imm07_cancel_from_an_earlier_callback_of_the_turn<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let victim = Arc::new(std::sync::Mutex::new(None::<loop_api::callback::CallbackHandle>));
        let (line, target) = (log.clone(), victim.clone());
        handle
            .call_soon(move || {
                line.push(target.lock().unwrap().take().is_some_and(|victim| victim.cancel()));
            })
            .unwrap();
        let line = log.clone();
        *victim.lock().unwrap() = Some(handle.call_soon(move || line.push(false)).unwrap());
        handle.sleep(SHORT).await;
        assert!(until(&handle, || !log.is_empty()).await);
        assert_eq!(log.take(), [true]);
    });
}

pub fn imm10_captures_are_dropped_when_the_callback_has_run<S: Subject>() {
    run::<S, _>(|handle| async move {
        let captured = Arc::new(());
        let inside = captured.clone();
        let kept = handle.call_soon(move || drop(Arc::clone(&inside))).unwrap();
        let inside = captured.clone();
        let timer = handle.call_later(SHORT, move || drop(Arc::clone(&inside))).unwrap();
        let inside = captured.clone();
        // Dropped by a panic's unwinding too.
        let told = crate::support::record_exceptions(&handle);
        let panics = handle
            .call_soon(move || {
                let _inside = &inside;
                panic!("planned")
            })
            .unwrap();
        assert!(until(&handle, || Arc::strong_count(&captured) == 1).await);
        assert_eq!(told.len(), 1);
        drop((kept, timer, panics));
    });
}

pub fn imm11_handle_shows_name_and_location<S: Subject>() {
    run::<S, _>(|handle| async move {
        let line = line!() + 1;
        let queued = handle.call_soon(|| {}).unwrap();
        let text = format!("{queued:?}");
        assert!(text.contains(&format!("{}:{line}", file!())), "no location in {text}");
        assert!(text.contains("imm11_handle_shows_name_and_location"), "no name in {text}");
        let line = line!() + 1;
        let timer = handle.call_later(LONG, || {}).unwrap();
        let text = format!("{timer:?}");
        assert!(text.contains(&format!("{}:{line}", file!())), "no location in {text}");
        timer.cancel();
    });
}

pub fn imm12_call_soon_from_any_thread_and_local_only_from_its_own<S: Subject>() {
    run::<S, _>(|handle| async move {
        let home = thread::current().id();
        let log = Log::new();
        let (line, inner) = (log.clone(), handle.clone());
        let refused = thread::spawn(move || {
            inner.call_soon(move || line.push(thread::current().id())).unwrap();
            inner.call_soon_local(|| {}).err()
        })
        .join()
        .unwrap();
        assert_eq!(refused, Some(LocalError::NotLoopThread));
        assert!(until(&handle, || log.len() == 1).await);
        assert_eq!(log.take(), [home], "a callback ran on another thread than the loop's");

        // One that could not be sent, in its turn among the others.
        let order = Rc::new(Cell::new(0));
        let (inside, line) = (order.clone(), log.clone());
        handle.call_soon(move || line.push(home)).unwrap();
        let line = log.clone();
        handle.call_soon_local(move || inside.set(line.len())).unwrap();
        assert!(until(&handle, || order.get() != 0).await);
        assert_eq!(order.get(), 1);
    });
}
