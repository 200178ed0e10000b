//! Which threads this process has.

/// Their names, the main thread's first. `None` where the system does not tell.
pub(crate) fn names() -> Option<Vec<String>> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let mut ids: Vec<_> = tasks.filter_map(|entry| id(entry.ok()?)).collect();
    ids.sort_unstable();
    // A thread may end while it is looked at.
    let name = |id| std::fs::read_to_string(format!("/proc/self/task/{id}/comm")).ok();
    Some(ids.into_iter().filter_map(name).map(|name| name.trim_end().to_owned()).collect())
}
