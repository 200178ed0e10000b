//! A trace as a picture: hosts as lanes, packets as arrows, faults shaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::fault::Fault;
use crate::trace::{TraceEvent, What};

/// What is drawn at most: the last of the events that are not polls.
const MOST: usize = 300;
const LEFT: u32 = 110;
const TOP: u32 = 120;
const LANE: u32 = 56;
const STEP: u32 = 14;

const STYLE: &str = "\
svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#222}.lane{stroke:#999}.packet{stroke:#2563ab}\
.tip{fill:#2563ab}.fault{stroke:#b45309;stroke-dasharray:4 3}.label{fill:#b45309}.down{fill:#b45309;opacity:.18}\
.note{fill:#15803d}.fail{stroke:#c81e1e;stroke-width:2}.why{fill:#c81e1e}.time{fill:#777}\
@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#e4e4e4}.lane{stroke:#666}.packet{stroke:#7cb3f0}\
.tip{fill:#7cb3f0}.fault{stroke:#f0a95a}.label{fill:#f0a95a}.down{fill:#f0a95a}.note{fill:#6fd08c}.fail{stroke:#ff7b7b}\
.why{fill:#ff7b7b}.time{fill:#999}}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

struct Picture<'a> {
    hosts: &'a [String],
    /// The place of each time: idle time takes no width.
    columns: BTreeMap<u64, u32>,
    body: String,
}

impl Picture<'_> {
    fn x(&self, time: u64) -> u32 {
        let column = self.columns.range(..=time).next_back().map_or(0, |(_, column)| *column);
        LEFT + column * STEP
    }

    fn y(&self, host: usize) -> u32 {
        TOP + host as u32 * LANE
    }

    fn lane_of(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host == name)
    }

    fn draw(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(line);
        self.body.push('\n');
    }

    fn packet(&mut self, sent: u64, came: u64, (from, to): (u32, u32), what: &str) {
        let (x1, y1, x2, y2) =
            (self.x(sent), self.y(from as usize), self.x(came).max(self.x(sent) + 4), self.y(to as usize));
        let what = escape(what);
        if from == to {
            self.draw(format_args!(
                "<circle class=\"tip\" cx=\"{x2}\" cy=\"{y2}\" r=\"2\"><title>{what}</title></circle>"
            ));
            return;
        }
        self.draw(format_args!(
            "<g><title>{what}</title><line class=\"packet\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\
             <circle class=\"tip\" cx=\"{x2}\" cy=\"{y2}\" r=\"3\"/></g>"
        ));
    }

    /// A fault as a line over the lanes that it is about, with its text above.
    fn fault(&mut self, at: u64, fault: &Fault, number: usize) {
        let lanes: Vec<usize> = fault.hosts().iter().filter_map(|name| self.lane_of(name)).collect();
        let (first, last) =
            (lanes.iter().min().copied().unwrap_or(0), lanes.iter().max().copied().unwrap_or(0));
        let (x, y1, y2) = (self.x(at), self.y(first) - 20, self.y(last) + 20);
        // Neighbours' texts do not overlap.
        let text = TOP - 34 - 16 * (number as u32 % 4);
        let name = escape(&fault.to_string());
        self.draw(format_args!(
            "<g><title>{name}</title><line class=\"fault\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{y2}\"/>\
             <text class=\"label\" x=\"{x}\" y=\"{text}\">{name}</text></g>",
            text + 4.min(y1)
        ));
    }

    /// The time of a host in which it is down, paused or alone.
    fn shade(&mut self, host: &str, from: u64, until: u64, what: &str) {
        let Some(lane) = self.lane_of(host) else { return };
        let (x, y) = (self.x(from), self.y(lane) - 20);
        let width = self.x(until).saturating_sub(x).max(STEP / 2);
        let what = escape(what);
        self.draw(format_args!(
            "<rect class=\"down\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"40\"><title>{what}</title></rect>"
        ));
    }
}

/// The end of a run as an SVG. `hosts` are the names by number.
pub(crate) fn draw(trace: &[TraceEvent], hosts: &[String], failure: &str) -> String {
    let drawn: Vec<&TraceEvent> = trace
        .iter()
        .filter(|event| matches!(event.what(), What::Packet { .. } | What::Fault(_) | What::Note(_)))
        .collect();
    let shown = &drawn[drawn.len().saturating_sub(MOST)..];
    let end = trace.last().map_or(0, |event| event.nanos());
    let start = shown.first().map_or(0, |event| event.nanos());
    let mut times: BTreeSet<u64> = shown.iter().map(|event| event.nanos()).chain([end]).collect();
    for event in shown {
        if let What::Packet { sent, .. } = event.what() {
            times.insert((*sent).max(start));
        }
    }
    let columns = times.iter().zip(0..).map(|(time, column)| (*time, column)).collect();
    let mut picture = Picture { hosts, columns, body: String::new() };
    let (width, height) = (picture.x(end) + 260, TOP + hosts.len() as u32 * LANE + 60);
    let right = picture.x(end);
    for (lane, name) in hosts.iter().enumerate() {
        let (y, name) = (picture.y(lane), escape(name));
        picture.draw(format_args!(
            "<text x=\"8\" y=\"{}\">{name}</text><line class=\"lane\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>",
            y + 4
        ));
    }
    // A time every now and then.
    let bottom = TOP + hosts.len() as u32 * LANE;
    for time in times.iter().step_by(8) {
        let (x, seconds) = (picture.x(*time), *time as f64 / 1e9);
        picture.draw(format_args!("<text class=\"time\" x=\"{x}\" y=\"{bottom}\">{seconds:.4}</text>"));
    }
    let mut open: Vec<(Fault, u64)> = Vec::new();
    let mut number = 0;
    for event in &drawn {
        let at = event.nanos();
        match event.what() {
            What::Fault(text) => {
                let Ok(fault) = text.parse::<Fault>() else { continue };
                if let Some(place) =
                    open.iter().position(|(before, _)| before.undone().as_ref() == Some(&fault))
                {
                    let (before, since) = open.remove(place);
                    shade_all(&mut picture, &before, since, at);
                } else {
                    open.push((fault.clone(), at));
                }
                if at >= start {
                    picture.fault(at, &fault, number);
                    number += 1;
                }
            }
            What::Packet { kind, from, to, sent, len, .. } if at >= start => {
                picture.packet((*sent).max(start), at, (*from, *to), &format!("{kind} {len} {event}"));
            }
            What::Note(note) if at >= start => {
                let (x, note) = (picture.x(at), escape(note));
                picture
                    .draw(format_args!("<text class=\"note\" x=\"{x}\" y=\"{}\">{note}</text>", bottom + 18));
            }
            _ => {}
        }
    }
    for (fault, since) in open {
        shade_all(&mut picture, &fault, since, end);
    }
    let (x, failure) = (picture.x(end), escape(failure.lines().next().unwrap_or_default()));
    picture.draw(format_args!(
        "<line class=\"fail\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/><text class=\"why\" x=\"8\" y=\"20\">{failure}</text>",
        TOP - 24,
        bottom - 24
    ));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>{STYLE}</style>\n{}</svg>\n",
        picture.body
    )
}

/// Shades the hosts of faults that keep them from working.
fn shade_all(picture: &mut Picture<'_>, fault: &Fault, from: u64, until: u64) {
    if matches!(fault, Fault::Crash(_) | Fault::Pause(_) | Fault::Isolate(_)) {
        for host in fault.hosts() {
            picture.shade(host, from, until, &fault.to_string());
        }
    }
}
