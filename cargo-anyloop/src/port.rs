//! `cargo anyloop port`: moves a crate or a workspace to anyloop.
//!
//! From the ground up: [`edit`] changes a text by ranges, `tokens` and `tree` find paths and imports,
//! [`place`] and `items` tell where an item goes, [`source`] moves one text, `package` and `manifest` know
//! Cargo.toml, and [`run`] does it all.

mod async_std;
mod attribute;
pub mod check;
mod docs;
pub mod edit;
mod elsewhere;
pub mod error;
mod files;
mod imports;
mod items;
mod keep;
mod manifest;
mod package;
mod paused;
pub mod place;
pub mod report;
mod runtime;
mod smol;
pub mod source;
mod tasks;
mod tokens;
mod tokio;
mod tree;
pub mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use edit::line_ends_of;
use error::Error;
use manifest::{Anyloop, Needs};
use package::{Kind, Package};
use place::From;
use report::Report;
use work::{Ported, Settings};

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What from; else the first of tokio, smol and async-std that is depended on.
    pub from: Option<From>,
    /// Whether what needs no runtime moves too.
    pub all: bool,
    /// Whether nothing is written.
    pub dry: bool,
    /// Whether the compiler is not asked.
    pub no_check: bool,
    /// Whether each change is shown.
    pub verbose: bool,
    /// anyloop in a folder, in place of the registry's.
    pub anyloop: Option<PathBuf>,
}

/// Moves what stands at a path: the folder of a crate or workspace, or its `Cargo.toml`.
///
/// All is computed before the first file is written, and each file is written as a whole.
///
/// # Errors
///
/// No crate there, none of the runtimes among its dependencies, or a file that cannot be read or
/// written. Nothing has changed then.
pub fn run(path: &Path, options: &Options) -> Result<Report, Error> {
    let order = options.from.map_or(vec![From::Tokio, From::Smol, From::AsyncStd], |from| vec![from]);
    let mut found = Vec::new();
    let mut old = None;
    let mut moved = false;
    for from in order {
        let project = package::open(path, from)?;
        moved |=
            project.packages.iter().any(|package| package.dependencies.iter().any(|name| name == "anyloop"));
        if project.packages.iter().any(|package| !package.crates.is_empty()) {
            found.push((from, project));
            continue;
        }
        let before = project.packages.into_iter().find_map(|package| Some((package.manifest, package.old?)));
        old = old.or(before.map(|(manifest, version)| Error::OldRuntime(manifest, from.package(), version)));
    }
    let names: Vec<&str> = found.iter().map(|(from, _)| from.package()).collect();
    let Some((from, mut project)) = found.into_iter().next() else {
        // A program that was moved as a whole depends on none of them any more.
        let done = Report { dry: options.dry, ..Report::default() };
        let none =
            || old.unwrap_or_else(|| Error::NoRuntime(path.to_owned(), options.from.map(From::package)));
        return if moved { Ok(done) } else { Err(none()) };
    };
    // After one runtime another is not moved without being named: the second run changes nothing.
    if moved && options.from.is_none() && from != From::Tokio {
        let dry = port(path, &mut project, from, &Options { dry: true, ..options.clone() })?;
        let left = names.into_iter().filter(|_| dry.has_work()).collect();
        return Ok(Report { dry: options.dry, left, ..Report::default() });
    }
    let mut report = port(path, &mut project, from, options)?;
    report.left = names[1..].to_vec();
    Ok(report)
}

fn port(path: &Path, project: &mut package::Project, from: From, options: &Options) -> Result<Report, Error> {
    let mut report = Report { dry: options.dry, verbose: options.verbose, ..Report::default() };
    let mut files = Vec::new();
    let mut inherited = Vec::new();
    let anyloop = Anyloop { path: options.anyloop.as_deref() };
    let workspace = project.root.as_ref().map(|(_, _, doc)| doc.clone());
    let root = if path.is_dir() { path.to_owned() } else { package::folder_of(path) };
    let mut known = elsewhere::known(&project.packages);
    for package in &mut project.packages {
        if package.crates.is_empty() {
            continue;
        }
        let texts = elsewhere::texts(package, &root, &mut known, &mut report)?;
        let needs = sources(package, texts, from, options, &mut report, &mut files)?;
        inherited.push(manifest::port(
            package,
            workspace.as_ref(),
            workspace.is_some(),
            &needs,
            from,
            &anyloop,
        ));
        report.features_off |= package::has_features_off(&package.doc);
        let new = line_ends_of(&package.text, &package.doc.to_string());
        // The root package's manifest is the workspace's too, and is written with it.
        match &mut project.root {
            Some((path, _, doc)) if *path == package.manifest => *doc = package.doc.clone(),
            _ if new != package.text => files.push((package.manifest.clone(), new)),
            _ => {}
        }
    }
    if let Some((path, text, doc)) = &mut project.root {
        manifest::port_workspace(doc, &inherited, from, &anyloop);
        let new = line_ends_of(text, &doc.to_string());
        if new != *text {
            files.push((path.clone(), new));
        }
    }
    report.manifests =
        files.iter().map(|(path, _)| path.clone()).filter(|path| path.ends_with("Cargo.toml")).collect();
    if !options.dry && !files.is_empty() {
        files::write(&files)?;
        if !options.no_check {
            report.checked = Some(check::run(&root, &report.changes));
        }
    }
    Ok(report)
}

/// Moves the sources of a package.
fn sources(
    package: &Package,
    texts: Vec<(PathBuf, Kind, String)>,
    from: From,
    options: &Options,
    report: &mut Report,
    files: &mut Vec<(PathBuf, String)>,
) -> Result<BTreeMap<Kind, Needs>, Error> {
    let context = context(package, from, &texts);
    if let Some(why) = &context {
        report
            .context
            .insert(format!("{}: its loops are built `with_tokio`, as {why}", package.manifest.display()));
    }
    let crates = package.crates.clone();
    let mut settings = Settings { from, all: options.all, crates, with_tokio: false, shared: false };
    let named = texts.iter().any(|(_, _, text)| source::names_a_runtime(text, &settings));
    let mut needs: BTreeMap<Kind, Needs> = BTreeMap::new();
    for (path, kind, text) in texts {
        // A test or an example is a program by itself.
        let own = if kind == Kind::Dev && context.is_none() && from == From::Tokio {
            keep::context_of_source(&text)
        } else {
            None
        };
        // A local task is on the thread that runs the loop, which a shared one's is not.
        settings.shared = named && !["LocalSet", "spawn_local"].iter().any(|name| text.contains(name));
        settings.with_tokio = context.is_some() || own.is_some();
        if let Some(why) = own {
            report.context.insert(format!("{}: its loops are built `with_tokio`, as {why}", path.display()));
        }
        let ported = match source::port(&text, &settings) {
            Err((line, why)) if !elsewhere::is_compiled(package, &path) => {
                let why = format!("it is not Rust that can be read ({why})");
                report.needs.entry(path).or_default().push(elsewhere::passed_over(line, why));
                continue;
            }
            ported => ported.map_err(|(line, why)| Error::Source(path.clone(), line, why))?,
        };
        let for_tests = kind == Kind::Lib && !package.program;
        gather(needs.entry(kind).or_default(), &ported, for_tests);
        for stay in ported.stays {
            *report.stays.entry(stay).or_default() += 1;
        }
        if !ported.needs.is_empty() {
            report.needs.entry(path.clone()).or_default().extend(ported.needs);
        }
        if !ported.changes.is_empty() {
            report.changes.insert(path.clone(), ported.changes);
            files.push((path.clone(), ported.text));
        }
    }
    Ok(needs)
}

/// Adds what a source needs; `for_tests` tells that the loops it makes are those of tests alone.
fn gather(needs: &mut Needs, ported: &Ported, for_tests: bool) {
    let (mut anyloop, mut tests) = (ported.anyloop.clone(), ported.attributes.clone());
    if !for_tests {
        anyloop.append(&mut tests);
    }
    needs.join(&Needs {
        moved: !ported.changes.is_empty(),
        loops: ported.loops,
        anyloop,
        tests,
        stays: !ported.stays.is_empty(),
        runs: ported.stays.iter().any(|stay| stay.why.is_some()),
        tokio: ported.tokio.clone(),
    });
}

/// Why loops of a package need tokio's context, if they do.
fn context(package: &Package, from: From, texts: &[(PathBuf, Kind, String)]) -> Option<String> {
    if from != From::Tokio {
        return None;
    }
    let mut depended = package.dependencies.iter().filter(|name| keep::context_of_package(name));
    let lib = || texts.iter().filter(|(_, kind, _)| *kind != Kind::Dev);
    let by_source = || lib().find_map(|(_, _, text)| keep::context_of_source(text).map(str::to_owned));
    depended.next().map(|name| format!("{name} uses tokio's runtime")).or_else(by_source)
}
