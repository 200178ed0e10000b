use std::panic::AssertUnwindSafe;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyloop_plugs::Plug;
use futures::FutureExt;
use zbus::connection::Builder;
use zbus::runtime::traits::Runtime;

use crate::support::{Server, plug};

struct Coffee;

#[zbus::interface(name = "test.Coffee")]
impl Coffee {
    fn sip(&self, times: u32) -> String {
        "sip ".repeat(times as usize).trim_end().to_owned()
    }
}

#[anyloop::test]
#[ignore = "starts dbus-daemon (Debian: dbus)"]
async fn a_service_is_called_over_a_private_bus() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("dbus-daemon");
    command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
    command.arg(format!("--address=unix:path={}", dir.path().join("bus").display()));
    let mut bus = Server::start(command.stdout(Stdio::piped()));
    let address = bus.line();

    let talk = async {
        let service = Builder::address(address.as_str()).runtime(plug()).name("test.Coffee");
        let service = service.serve_at("/cup", Coffee).build().await?;
        let client = Builder::address(address.as_str()).runtime(plug()).build().await?;
        let reply =
            client.call_method(Some("test.Coffee"), "/cup", Some("test.Coffee"), "Sip", &3u32).await?;
        let words: String = reply.body().deserialize()?;
        let unknown = client.call_method(Some("test.Tea"), "/cup", Some("test.Tea"), "Sip", &3u32).await;
        drop(service);
        zbus::Result::Ok((words, unknown.is_err()))
    };
    let talked = anyloop::time::timeout(Duration::from_secs(30), talk).await.expect("the bus answers");
    assert_eq!(talked.unwrap(), ("sip sip sip".to_owned(), true));
}

#[anyloop::test]
async fn work_that_a_closed_loop_does_not_do_is_not_waited_for() {
    let plug = {
        let closed = anyloop::runtime::Builder::new().build().unwrap();
        Plug::new(closed.handle().clone())
    };
    let work = AssertUnwindSafe(Runtime::spawn_blocking(&plug, || 7)).catch_unwind();
    let panic = work.now_or_never().expect("it is not waited for").unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("closed"));
    let task = Runtime::spawn(&plug, "sip", async { 7 });
    assert!(task.now_or_never().expect("it is not waited for").is_err());
}
