#[anyloop::main]
async fn main() {
    match anyloop::runtime::choose() {
        Ok(choice) => println!("{choice}"),
        Err(error) => println!("{error}"),
    }
}
