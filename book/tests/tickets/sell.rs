/// Sells a ticket: the one after the last, whose number is in the file.
async fn sell(file: &str) -> io::Result<u64> {
    let last = match fs::read_to_string(file).await {
        Ok(text) => text.parse().map_err(io::Error::other)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    pay().await;
    fs::write(file, format!("{}", last + 1)).await?;
    Ok(last + 1)
}
