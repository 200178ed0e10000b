//! `index.html`: one page that needs nothing beside it, neither network nor script.

use std::error::Error;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{method, paint, section, servers, summary};
use crate::names::{self, Group};
use crate::results::{Note, Results};

/// The whole page.
pub(crate) fn page(results: &Results) -> Result<String, Box<dyn Error>> {
    let mut sections = Vec::new();
    for group in Group::ALL {
        let content = match group {
            Group::Servers => servers::section(results)?,
            group => section::section(results, group)?,
        };
        if let Some(content) = content {
            sections.push((group, content));
        }
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "anyloop: loops side by side" }
                style { (PreEscaped(style())) }
            }
            body {
                h1 { "Loops side by side" }
                p.quiet {
                    (results.date.replace('T', " ").replace('Z', " UTC")) " · " (results.machine.cpu) ", "
                    (cores(results)) ", " (results.machine.kernel)
                }
                nav {
                    a href="#summary" { "Summary" }
                    @for (group, _) in &sections { a href={ "#" (id(*group)) } { (group.title()) } }
                    a href="#left-out" { "Left out" }
                    a href="#method" { "Method" }
                    a href="results.csv" { "The figures as CSV" }
                }
                (summary::summary(results)?)
                @for (group, content) in &sections {
                    h2 id=(id(*group)) { (group.title()) }
                    (content)
                }
                h2 id="left-out" { "Left out" }
                (left_out(&results.left_out))
                h2 id="method" { "Method" }
                (method::method())
                (about(results))
            }
        }
    };
    Ok(page.into_string())
}

pub(crate) fn cores(results: &Results) -> String {
    match results.machine.cores {
        1 => "1 core".to_owned(),
        n => format!("{n} cores"),
    }
}

fn id(group: Group) -> String {
    group.title().to_lowercase().replace(' ', "-")
}

/// The page's own rules, and the colours of the pictures in it, light and dark.
fn style() -> String {
    format!(
        "{}\n:root{{{}}}\n@media (prefers-color-scheme: dark){{:root{{{}}}}}\n{}",
        include_str!("page.css"),
        paint::palette(false),
        paint::palette(true),
        paint::classes()
    )
}

fn left_out(notes: &[Note]) -> Markup {
    html! {
        @if notes.is_empty() { p { "Everybody did every work." } } @else {
            div.scroll {
                table {
                    tr { th { "who" } th.words { "why" } }
                    @for note in notes { tr { td { (about_whom(&note.about)) } td.words { (note.text) } } }
                }
            }
        }
    }
}

/// `monoio/hyper-hello` for people.
fn about_whom(about: &str) -> String {
    let (who, what) = about.split_once('/').unwrap_or((about, ""));
    let title = names::WORKLOADS.iter().find(|w| w.name == what).map_or(what, |w| w.title);
    match title {
        "" => names::label(who).to_owned(),
        title => format!("{}: {title}", names::label(who)),
    }
}

fn about(results: &Results) -> Markup {
    html! {
        h3 { "This run" }
        dl {
            dt { "command" } dd { code { (results.command) } }
            dt { "date" } dd { (results.date) }
            dt { "machine" } dd {
                (results.machine.cpu) ", " (cores(results)) ", " (results.machine.memory_mib) " MiB, " (results.machine.kernel)
            }
            @if !results.machine.load.is_empty() { dt { "load" } dd { (results.machine.load) } }
            @for (name, version) in &results.versions { dt { (name) } dd { (version) } }
        }
        @let general: Vec<_> = results.notes.iter().filter(|note| !note.about.contains('/')).collect();
        @if !general.is_empty() {
            h3 { "Notes" }
            @for note in general { p { b { (about_whom(&note.about)) } ": " (note.text) } }
        }
    }
}
