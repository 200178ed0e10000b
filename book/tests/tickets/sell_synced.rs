/// Sells a ticket: the one after the last, whose number is in the file, also after a crash.
async fn sell(file: &str) -> io::Result<u64> {
    let last = match fs::read_to_string(file).await {
        Ok(text) => text.parse().map_err(io::Error::other)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    pay().await;
    let new = format!("{file}.new");
    let mut written = fs::File::create(&new).await?;
    written.write_all(format!("{}", last + 1).as_bytes()).await?;
    written.sync_all().await?;
    // The name means the old number or the new one, and nothing in between.
    fs::rename(&new, file).await?;
    fs::File::open("/tmp").await?.sync_all().await?;
    Ok(last + 1)
}
