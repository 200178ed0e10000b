//! The listings of the page on testing, and the README's first program.
#![allow(missing_docs)]

mod every_loop {
    // ANCHOR: every_loop
    #[anyloop::test]
    async fn tasks_give_their_output() {
        assert_eq!(anyloop::spawn(async { 1 }).await.unwrap(), 1);
    }
    // ANCHOR_END: every_loop
}

mod paused {
    // ANCHOR: paused
    use std::time::Duration;

    use anyloop::time::{Instant, sleep};

    #[anyloop::test(start_paused = true)]
    async fn the_token_is_renewed_each_hour() {
        let begin = Instant::now();
        for _hour in 0..24 {
            sleep(Duration::from_secs(3600)).await;
        }
        assert_eq!(begin.elapsed(), Duration::from_secs(24 * 3600));
    }
    // ANCHOR_END: paused
}

mod worlds {
    // ANCHOR: worlds
    use std::io;
    use std::time::Duration;

    use anyloop::io::{AsyncReadExt, AsyncWriteExt};
    use anyloop::net::{TcpListener, TcpStream};
    use anyloop::sim::{Fault, World};
    use anyloop::time::{sleep, timeout};

    /// A server for any loop.
    async fn serve() -> io::Result<()> {
        let listener = TcpListener::bind("0.0.0.0:7000").await?;
        loop {
            let (mut client, _) = listener.accept().await?;
            client.write_all(b"ciao").await?;
        }
    }

    /// A client that is patient.
    async fn ask(server: &str) -> String {
        loop {
            let mut said = String::new();
            let asked = async { TcpStream::connect(server).await?.read_to_string(&mut said).await };
            match timeout(Duration::from_secs(1), asked).await {
                Ok(Ok(_)) => return said,
                _ => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    #[anyloop::test(sim, seeds = 100)]
    async fn a_client_outlives_the_servers_crash(world: World) {
        world.host("server").run(serve); // starts anew when the host does
        world.at(Duration::ZERO, Fault::crash("server")).unwrap();
        world.at(Duration::from_secs(60), Fault::restart("server")).unwrap();
        let client = world.host("client").spawn(ask("server:7000"));
        assert_eq!(client.await.unwrap(), "ciao"); // a minute of the world's time, and none of ours
    }
    // ANCHOR_END: worlds
}
