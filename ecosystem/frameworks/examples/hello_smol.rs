//! The same web server on plain smol: `cargo run --example hello_smol`.

use axum::{Router, routing::get};
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use smol::{LocalExecutor, net::TcpListener};
use smol_hyper::rt::{FuturesIo, SmolTimer};

fn main() -> std::io::Result<()> {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
        let app = Router::new().route("/", get(|| async { "Ciao EuroPython\n" }));
        let listener = TcpListener::bind(addr).await?;
        println!("http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            let service = TowerToHyperService::new(app.clone());
            let mut http = http1::Builder::new();
            let served = http.timer(SmolTimer::new()).serve_connection(FuturesIo::new(stream), service);
            executor.spawn(served).detach();
        }
    }))
}
