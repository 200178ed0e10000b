//! The shortest program: `ANYLOOP_BACKEND=smol cargo run --example hello`.

#[anyloop::main]
async fn main() {
    println!("Ciao EuroPython");
}
