/// Sells a ticket to each that connects, one after the other.
pub async fn serve(listener: TcpListener, file: &'static str) -> io::Result<()> {
    loop {
        let (mut buyer, _) = listener.accept().await?;
        let ticket = sell(file).await?;
        anyloop::spawn(async move { buyer.write_u64(ticket).await });
    }
}
