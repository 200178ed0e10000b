//! Packages for tests.

use std::fs;
use std::path::Path;

use cargo_anyloop::port::Options;

pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file")
}

pub(crate) fn options() -> Options {
    Options { no_check: true, ..Options::default() }
}

pub(crate) const PROGRAM: &str = "[package]\nname = \"p\"\n\n[dependencies]\nbytes = \"1\" # bytes\n# the runtime\ntokio = { version = \"1\", features = [\"full\"] }\nzip = \"1\"\n";
