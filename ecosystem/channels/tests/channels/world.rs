//! The chat as a host of a world, beside its clients.

use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::sim::{Fault, World};
use anyloop::time::sleep;
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use examples::Limits;
use sockets::hear;

#[path = "../../examples/chat.rs"]
#[allow(dead_code, reason = "its main")]
mod chat;

type Socket = WebSocketStream<TcpStream>;

async fn join(name: &str) -> Socket {
    let stream = TcpStream::connect("chat:80").await.unwrap();
    let url = format!("ws://chat/socket/coffee/{name}");
    async_tungstenite::client_async(url, stream).await.unwrap().0
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn a_chat_tells_all_in_the_same_order_and_when_it_ends(world: World) {
    let limits = Limits { connections: 16, patience: Duration::from_secs(2) };
    world.host("chat").run(move || chat::run("0.0.0.0:80".into(), limits, None, 5));
    sleep(Duration::from_millis(1)).await;
    let mut members = Vec::new();
    for name in ["anna", "bert", "carl"] {
        let mut member = join(name).await;
        let welcome = hear(&mut member).await;
        assert!(welcome.to_text().unwrap().starts_with("{\"welcome\":"), "{welcome}");
        members.push(member);
        // Those that are there are told of it.
        sleep(Duration::from_millis(100)).await;
    }
    for n in 0..20 {
        for member in &mut members {
            member.send(Message::text(format!("{{\"say\":\"line {n}\"}}"))).await.unwrap();
        }
    }
    let mut heard = Vec::new();
    for member in &mut members {
        let mut lines = Vec::new();
        while lines.len() < 60 {
            let message = hear(member).await.to_text().unwrap().to_owned();
            if message.contains("line ") {
                lines.push(message);
            }
        }
        heard.push(lines);
    }
    assert!(heard[0] == heard[1] && heard[1] == heard[2], "{heard:?}");
    world.fault(Fault::signal("chat", "SIGTERM")).unwrap();
    for member in &mut members {
        // Before its own end it may hear that others have left.
        let mut end = hear(member).await;
        while end.is_text() {
            end = hear(member).await;
        }
        assert!(matches!(&end, Message::Close(Some(frame)) if frame.code == CloseCode::Away), "{end}");
    }
}
