//! FS: what is done by a path.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::run;
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::fs::{DirOptions, File, Fs, OpenOptions, ReadDir, error::raw_os_error};

/// A folder of a case's own, which is removed in the end.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Made by the loop, whose disk need not be the system's.
    pub(super) async fn make<H: Fs>(handle: &H) -> Folder {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("anyloop-{}-{number}-{}", std::process::id(), since.subsec_nanos());
        let path = std::env::temp_dir().join(name);
        handle.create_dir(path.clone(), DirOptions::new().recursive(true)).await.expect("a folder");
        Folder(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Of a disk that is not the system's there is nothing to remove.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a case that has a folder.
#[track_caller]
pub(super) fn in_folder<S: Subject, F: Future<Output = ()>>(case: impl FnOnce(HandleOf<S>, Folder) -> F)
where
    HandleOf<S>: Fs,
{
    run::<S, _>(|handle| async move {
        let folder = Folder::make(&handle).await;
        case(handle, folder).await;
    });
}

pub(super) async fn open<H: Fs>(handle: &H, path: &Path, options: OpenOptions) -> H::File {
    handle.open(path.to_owned(), options).await.expect("to be opened")
}

pub fn fs01_what_is_written_is_read_back<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, OpenOptions::new().write(true).create(true)).await;
        file.write_all(b"ciao ").await.expect("a write");
        file.write_all(b"mondo").await.expect("a write");
        file.flush().await.expect("a flush");
        drop(file);
        let mut text = String::new();
        let mut file = open(&handle, &path, OpenOptions::new().read(true)).await;
        file.read_to_string(&mut text).await.expect("a read");
        assert_eq!(text, "ciao mondo");
        assert_eq!(file.read(&mut [0; 8]).await.ok(), Some(0), "the end stays the end");
        // And by the path alone, where what was there goes.
        handle.write(path.clone(), b"addio".to_vec()).await.expect("to be written");
        assert_eq!(handle.read(path).await.expect("to be read"), b"addio");
    });
}

pub fn fs01_more_than_any_buffer_is_written_and_read_back<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("big");
        let data: Vec<u8> = (0..5 * 1024 * 1024_u32).map(|n| (n / 251) as u8).collect();
        let options = OpenOptions::new().read(true).write(true).create(true);
        let mut file = open(&handle, &path, options).await;
        file.set_max_buf_size(100_000);
        file.write_all(&data).await.expect("a write");
        file.flush().await.expect("a flush");
        assert_eq!(handle.metadata(path.clone()).await.expect("metadata").len(), data.len() as u64);
        let mut file = open(&handle, &path, OpenOptions::new().read(true)).await;
        let mut back = Vec::new();
        file.read_to_end(&mut back).await.expect("a read");
        assert!(back == data, "{} bytes came back, or others", back.len());
    });
}

pub fn fs04_opening_says_what_is_there_and_what_is_not<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let missing = handle.open(path.clone(), OpenOptions::new().read(true)).await.map(drop);
        assert_eq!(missing.expect_err("it is not there").kind(), io::ErrorKind::NotFound);
        let new = OpenOptions::new().write(true).create_new(true);
        let mut file = open(&handle, &path, new.clone()).await;
        file.write_all(b"first").await.expect("a write");
        file.flush().await.expect("a flush");
        let twice = handle.open(path.clone(), new).await.map(drop);
        assert_eq!(twice.expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(handle.read(path.clone()).await.expect("a read"), b"first", "and as it was");
        drop(open(&handle, &path, OpenOptions::new().write(true).create(true)).await);
        assert_eq!(handle.read(path.clone()).await.expect("a read"), b"first", "create alone keeps it");
        drop(open(&handle, &path, OpenOptions::new().write(true).truncate(true)).await);
        assert_eq!(handle.read(path).await.expect("a read"), b"");
    });
}

pub fn fs05_errors_name_the_path<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (one, other) = (folder.path("not-there"), folder.path("nor-there"));
        let errors = [
            handle.open(one.clone(), OpenOptions::new().read(true)).await.map(drop),
            handle.metadata(one.clone()).await.map(drop),
            handle.symlink_metadata(one.clone()).await.map(drop),
            handle.read(one.clone()).await.map(drop),
            handle.read_dir(one.clone()).await.map(drop),
            handle.remove_file(one.clone()).await,
            handle.remove_dir(one.clone()).await,
            handle.remove_dir_all(one.clone()).await,
            handle.read_link(one.clone()).await.map(drop),
            handle.canonicalize(one.clone()).await.map(drop),
            handle.rename(one.clone(), other.clone()).await,
            handle.copy(one.clone(), other.clone()).await.map(drop),
            handle.hard_link(one.clone(), other.clone()).await,
            handle.create_dir(one.join("below"), DirOptions::new()).await,
        ];
        for (i, result) in errors.into_iter().enumerate() {
            let error = result.expect_err("nothing is there");
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{i}: {error}");
            assert!(error.to_string().contains("not-there"), "{i}: {error}");
            assert!(!(10..13).contains(&i) || error.to_string().contains("nor-there"), "{i}: {error}");
        }
    });
}

/// On the system's own disk, where there are such numbers.
pub fn fs05_errors_keep_the_systems_number<S: Subject>()
where
    HandleOf<S>: Fs,
{
    const ENOENT: i32 = 2;
    in_folder::<S, _>(|handle, folder| async move {
        let error = handle.metadata(folder.path("not-there")).await.expect_err("nothing is there");
        assert_eq!(raw_os_error(&error), Some(ENOENT), "{error}");
    });
}

pub fn fs09_a_folder_gives_each_name_once<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let mut wanted: Vec<String> = (0..100).map(|n| format!("file-{n:03}")).collect();
        for name in &wanted {
            handle.write(folder.path(name), Vec::new()).await.expect("a file");
        }
        handle.create_dir(folder.path("folder"), DirOptions::new()).await.expect("a folder");
        wanted.push("folder".to_owned());
        let mut names = Vec::new();
        let mut reading = handle.read_dir(folder.path("")).await.expect("to be read");
        while let Some(entry) = reading.next_entry().await.expect("a name") {
            let name = entry.file_name().to_str().expect("a name in ASCII").to_owned();
            assert_eq!(entry.path(), folder.path(&name));
            if let Some(kind) = entry.file_type() {
                assert_eq!(kind.is_dir(), name == "folder");
            }
            names.push(name);
        }
        assert!(reading.next_entry().await.expect("the end").is_none(), "the end stays the end");
        names.sort();
        assert_eq!(names, wanted);
    });
}

pub fn fs10_rename_replaces_what_has_the_name<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (old, new) = (folder.path("old"), folder.path("new"));
        handle.write(old.clone(), b"the first".to_vec()).await.expect("a file");
        let mut reader = open(&handle, &old, OpenOptions::new().read(true)).await;
        handle.write(new.clone(), b"the second".to_vec()).await.expect("a file");
        handle.rename(new.clone(), old.clone()).await.expect("to be renamed");
        handle.sync_dir(folder.path("")).await.expect("the folder to be synced");
        assert_eq!(handle.read(old).await.expect("a read"), b"the second");
        assert_eq!(handle.read(new).await.expect_err("gone").kind(), io::ErrorKind::NotFound);
        // Who had it open still has the first.
        let mut text = String::new();
        reader.read_to_string(&mut text).await.expect("a read");
        assert_eq!(text, "the first");
    });
}

pub fn fs11_folders_are_made_and_removed<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (top, deep) = (folder.path("a"), folder.path("a").join("b").join("c"));
        handle.create_dir(deep.clone(), DirOptions::new().recursive(true)).await.expect("all three");
        handle.create_dir(deep.clone(), DirOptions::new().recursive(true)).await.expect("it is there");
        let again = handle.create_dir(deep.clone(), DirOptions::new()).await.expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert!(handle.metadata(deep.clone()).await.expect("metadata").is_dir());
        handle.write(deep.join("file"), b"x".to_vec()).await.expect("a file");
        let full = handle.remove_dir(deep.clone()).await.expect_err("a file is in it");
        assert_eq!(full.kind(), io::ErrorKind::DirectoryNotEmpty);
        handle.remove_dir_all(top.clone()).await.expect("to be removed");
        assert_eq!(handle.metadata(top).await.expect_err("gone").kind(), io::ErrorKind::NotFound);
    });
}

pub fn fs11_removing_a_folder_follows_no_link<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (kept, removed) = (folder.path("kept"), folder.path("removed"));
        for path in [&kept, &removed] {
            handle.create_dir(path.clone(), DirOptions::new()).await.expect("a folder");
        }
        handle.write(kept.join("file"), b"x".to_vec()).await.expect("a file");
        handle.symlink(kept.clone(), removed.join("link"), true).await.expect("a link");
        handle.remove_dir_all(removed).await.expect("to be removed");
        assert_eq!(handle.read(kept.join("file")).await.expect("it is there still"), b"x");
    });
}

pub fn fs12_links_lead_on_and_can_be_read<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (file, link) = (folder.path("file"), folder.path("link"));
        handle.write(file.clone(), b"ciao".to_vec()).await.expect("a file");
        handle.symlink("file".into(), link.clone(), false).await.expect("a link");
        assert_eq!(handle.read_link(link.clone()).await.expect("the link"), Path::new("file"));
        assert_eq!(handle.read(link.clone()).await.expect("what it leads to"), b"ciao");
        assert!(handle.metadata(link.clone()).await.expect("of the file").is_file());
        assert!(handle.symlink_metadata(link.clone()).await.expect("of the link").is_symlink());
        let whole = handle.canonicalize(link.clone()).await.expect("a path");
        assert_eq!(whole, handle.canonicalize(file.clone()).await.expect("a path"));
        handle.remove_file(link).await.expect("the link to be removed");
        assert_eq!(handle.read(file.clone()).await.expect("a read"), b"ciao");
        let no_link = handle.read_link(file).await.expect_err("no link");
        assert_eq!(no_link.kind(), io::ErrorKind::InvalidInput);
    });
}

pub fn fs12_a_hard_link_is_the_file<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (one, other) = (folder.path("one"), folder.path("other"));
        handle.write(one.clone(), b"ciao".to_vec()).await.expect("a file");
        handle.hard_link(one.clone(), other.clone()).await.expect("a link");
        handle.write(one.clone(), b"addio".to_vec()).await.expect("a write");
        assert_eq!(handle.read(other.clone()).await.expect("a read"), b"addio");
        let again = handle.hard_link(one.clone(), other.clone()).await.expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        handle.remove_file(one).await.expect("to be removed");
        assert_eq!(handle.read(other).await.expect("the other name is left"), b"addio");
    });
}

pub fn fs13_a_copy_has_the_bytes_and_the_permissions<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let (from, to) = (folder.path("from"), folder.path("to"));
        handle.write(from.clone(), b"ciao".to_vec()).await.expect("a file");
        handle.write(to.clone(), b"something longer".to_vec()).await.expect("a file");
        let mut permissions = handle.metadata(from.clone()).await.expect("metadata").permissions();
        permissions.set_readonly(true);
        handle.set_permissions(from.clone(), permissions.clone()).await.expect("to be set");
        assert_eq!(handle.copy(from.clone(), to.clone()).await.expect("a copy"), 4);
        assert_eq!(handle.read(to.clone()).await.expect("a read"), b"ciao");
        assert_eq!(handle.metadata(to.clone()).await.expect("metadata").permissions(), permissions);
        // So that they can be removed on Windows, too.
        #[allow(clippy::permissions_set_readonly_false)]
        permissions.set_readonly(false);
        for path in [from, to] {
            handle.set_permissions(path, permissions.clone()).await.expect("to be set");
        }
    });
}

pub fn fs21_metadata_tells_what_was_set<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        let mut file = open(&handle, &path, OpenOptions::new().write(true).create(true)).await;
        file.write_all(b"ciao").await.expect("a write");
        file.flush().await.expect("a flush");
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_modified(then).await.expect("a time to be set");
        for known in [file.metadata().await, handle.metadata(path.clone()).await] {
            let known = known.expect("metadata");
            assert_eq!((known.is_file(), known.len()), (true, 4));
            assert_eq!(known.modified().ok(), Some(then));
            assert!(!known.permissions().readonly());
        }
        let mut permissions = file.metadata().await.expect("metadata").permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions).await.expect("permissions to be set");
        let mut permissions = handle.metadata(path.clone()).await.expect("metadata").permissions();
        assert!(permissions.readonly());
        #[allow(clippy::permissions_set_readonly_false)]
        permissions.set_readonly(false);
        handle.set_permissions(path, permissions).await.expect("permissions to be set");
    });
}

pub fn fs19_a_thousand_files_at_once<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let tasks: Vec<_> = (0..1000)
            .map(|n| {
                let (handle, path) = (handle.clone(), folder.path(&format!("{n}")));
                let spawner = handle.clone();
                spawner.spawn(async move {
                    handle.write(path.clone(), format!("number {n}").into_bytes()).await?;
                    handle.read(path).await
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            let read = task.await.expect("the task to end").expect("a file");
            assert_eq!(read, format!("number {n}").into_bytes());
        }
    });
}

pub fn fs22_nothing_is_done_until_it_is_polled<S: Subject>()
where
    HandleOf<S>: Fs,
{
    in_folder::<S, _>(|handle, folder| async move {
        let path = folder.path("file");
        handle.write(path.clone(), b"ciao".to_vec()).await.expect("a file");
        drop(handle.remove_file(path.clone()));
        drop(handle.write(path.clone(), b"addio".to_vec()));
        drop(handle.rename(path.clone(), folder.path("other")));
        // What had been asked of a thread would be done before this.
        for _ in 0..20 {
            handle.metadata(path.clone()).await.expect("it is there still");
        }
        assert_eq!(handle.read(path).await.expect("a read"), b"ciao");
    });
}
