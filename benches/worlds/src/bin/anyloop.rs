//! In a world of anyloop, with its trace hash, which is always on.

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{SimHandle, SimLoop};
use worlds::Args;

async fn serve() {
    let here = SimHandle::current();
    let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
    while let Ok((mut stream, _)) = listener.accept().await {
        drop(here.spawn(async move {
            let mut buf = [0; 64];
            while stream.read_exact(&mut buf).await.is_ok() && stream.write_all(&buf).await.is_ok() {}
        }));
    }
}

async fn client(args: Args) {
    let here = SimHandle::current();
    let server = here.lookup_host("server".into(), 7000).await.unwrap()[0];
    let mut stream = here.connect_tcp(server, TcpOptions::new()).await.unwrap();
    let mut buf = [1; 64];
    for _ in 0..args.rounds {
        stream.write_all(&buf).await.unwrap();
        stream.read_exact(&mut buf).await.unwrap();
        if !args.wait.is_zero() {
            here.sleep(args.wait).await;
        }
    }
}

fn main() {
    let args = Args::parse();
    let mut sim = SimLoop::builder().seed(7).build();
    let world = sim.world();
    world.host("server").run(serve);
    let name = |n| if args.hosts { format!("client{n}") } else { "clients".to_owned() };
    let tasks: Vec<_> = (0..args.clients).map(|n| world.host(&name(n)).spawn(client(args))).collect();
    sim.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    args.report(world.elapsed());
}
