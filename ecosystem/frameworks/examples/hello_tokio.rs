//! The same web server on plain tokio: `cargo run --example hello_tokio`.

use axum::{Router, routing::get};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let app = Router::new().route("/", get(|| async { "Ciao EuroPython\n" }));
    let listener = TcpListener::bind(addr).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
