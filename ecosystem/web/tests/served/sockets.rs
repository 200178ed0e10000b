//! Web sockets by Python's `websockets`, and by a page in a browser.

use std::io::Write;

use outside::{Python, has_websockets, python};

use crate::support::{BACKENDS, Server, beside_each_other};

fn url(server: &Server) -> String {
    format!("ws://{}/echo", server.addr)
}

const CLIENT: &str = r#"
import asyncio, sys, websockets

async def closed(socket):
    try:
        while True:
            await socket.recv()
    except websockets.ConnectionClosed:
        return socket.close_code

async def main(url):
    async with websockets.connect(url) as socket:
        for message in ("ciao", b"\0\xff", "x" * 60000):
            await socket.send(message)
            assert await socket.recv() == message
        await asyncio.wait_for(await socket.ping(), 20)
        await socket.send(["one ", "message ", "in parts"])
        print(await socket.recv())
    print("closed by us:", socket.close_code)

    async with websockets.connect(url) as socket:
        await socket.send("x" * 70000)
        print("too long:", await closed(socket))

    async with websockets.connect(url) as socket:
        # A text frame whose payload is no UTF-8, under a mask of zeros.
        socket.transport.write(b"\x81\x82\0\0\0\0\xc3\x28")
        print("no UTF-8:", await closed(socket))

    async with websockets.connect(url) as socket:
        # A frame of a kind that there is not.
        socket.transport.write(b"\x83\x80\0\0\0\0")
        print("no frame:", await closed(socket))

asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
"#;

#[test]
fn python_talks_to_it_and_is_told_what_it_did() {
    if !has_websockets() {
        return;
    }
    for backend in BACKENDS {
        let server = Server::start("websocket_echo", &["--backend", backend]);
        assert_eq!(
            python(CLIENT, &url(&server)),
            "one message in parts\nclosed by us: 1000\ntoo long: 1009\nno UTF-8: 1007\nno frame: 1002\n",
            "{backend}"
        );
    }
}

const STAYS: &str = r#"
import asyncio, sys, websockets

async def main(url):
    async with websockets.connect(url) as socket:
        await socket.send("here")
        await socket.recv()
        print("in", flush=True)
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            print("told:", closed.rcvd.code, closed.rcvd.reason)

asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
"#;

#[cfg(unix)]
#[test]
fn the_end_of_the_server_is_told() {
    if !has_websockets() {
        return;
    }
    for backend in BACKENDS {
        let mut server = Server::start("websocket_echo", &["--backend", backend]);
        let mut client = Python::start(STAYS, &url(&server));
        assert_eq!(client.line(), "in", "{backend}");
        server.terminate();
        assert_eq!(client.rest(), "told: 1001 the server ends\n", "{backend}");
        server.says("all have finished");
    }
}

/// One that does not read is not read from, and is let go.
#[test]
fn a_client_that_takes_nothing_is_let_go() {
    beside_each_other(|backend| {
        let server = Server::start("websocket_echo", &["--backend", backend, "--patience", "0.3"]);
        let mut stream = server.connect();
        stream
            .write_all(
                b"GET /echo HTTP/1.1\r\nhost: here\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            )
            .expect("a request");
        let frame = [&b"\x82\xfe\xc0\x00\0\0\0\0"[..], &[0; 0xc000]].concat();
        // The system's buffers take some megabytes in each direction.
        let refused = (0..2000).any(|_| stream.write_all(&frame).is_err());
        assert!(refused, "{backend}: it takes a hundred megabytes");
    });
}

#[test]
fn what_is_no_web_socket_is_refused() {
    let server = Server::start("websocket_echo", &[]);
    for (fields, expected) in [
        ("", "426 Upgrade Required"),
        ("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 7\r\n", "400 Bad Request"),
        ("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n", "400 Bad Request"),
    ] {
        let mut stream = server.connect();
        write!(stream, "GET /echo HTTP/1.0\r\nhost: here\r\n{fields}\r\n").expect("a request");
        let answer = crate::support::read_all(stream);
        assert!(answer.contains(expected), "{fields}: {answer}");
    }
}
