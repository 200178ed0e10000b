//! A web server in a few lines, on whichever loop: `ANYLOOP_BACKEND=smol cargo run --example http_hello`.

use anyloop::net::TcpListener;
use axum::{Router, routing::get};

#[anyloop::main]
async fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let app = Router::new().route("/", get(|| async { "Ciao EuroPython\n" }));
    let listener = TcpListener::bind(addr).await?;
    println!("http://{}", listener.local_addr()?);
    anyloop_web::serve(listener, app).await
}
