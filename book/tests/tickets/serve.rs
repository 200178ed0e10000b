/// Sells a ticket to each that connects.
pub async fn serve(listener: TcpListener, file: &'static str) -> io::Result<()> {
    loop {
        let (mut buyer, _) = listener.accept().await?;
        anyloop::spawn(async move { buyer.write_u64(sell(file).await?).await });
    }
}
