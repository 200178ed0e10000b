//! A trace as a picture: the whole run small above, its end as a diagram of messages below, where time
//! goes down. Hosts are lanes, packets arrows, faults shaded.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::fault::Fault;
use crate::trace::{TraceEvent, What};

/// How many events the diagram shows: the last of those that are not polls or timers.
const SHOWN: usize = 60;

/// How many letters fit into a line of the heading.
const LETTERS: usize = 120;

/// Where lanes begin, with the times at their left.
const LEFT: usize = 110;
/// Of the diagram's events.
const ROW: usize = 18;
/// Of the small picture's hosts.
const STRIP: usize = 16;
const WIDTH: usize = 1100;
/// What the words beside the diagram need.
const WORDS: usize = 380;
const LINE: usize = 16;

const STYLE: &str = "\
svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#222}.lane{stroke:#999}.tick{stroke:#2563ab}\
.packet{stroke:#2563ab;stroke-width:1.5}.tip{fill:#2563ab}.disk{fill:#7c5cbf}.fault{stroke:#b45309;stroke-dasharray:4 3}\
.label{fill:#b45309}.down{fill:#b45309;opacity:.22}.cut{fill:#b45309;opacity:.1}.window{fill:#888;opacity:.16}.note{fill:#15803d}\
.fail{stroke:#c81e1e;stroke-width:2}.why{fill:#c81e1e;font-weight:600}.time{fill:#777}.host{font-weight:600;text-anchor:middle}\
.right{text-anchor:end}\
@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#e4e4e4}.lane{stroke:#666}.tick{stroke:#7cb3f0}\
.packet{stroke:#7cb3f0}.tip{fill:#7cb3f0}.disk{fill:#b39ddb}.fault{stroke:#f0a95a}.label{fill:#f0a95a}.down{fill:#f0a95a}\
.cut{fill:#f0a95a}.note{fill:#6fd08c}.fail{stroke:#ff7b7b}.why{fill:#ff7b7b}.time{fill:#999}}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn seconds(nanos: u64) -> String {
    format!("{:.6} s", nanos as f64 / 1e9)
}

/// A fault, from its beginning to the one that undoes it, or to the end.
struct Spell {
    fault: Fault,
    from: u64,
    until: u64,
}

fn spells(trace: &[TraceEvent], end: u64) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    for event in trace {
        let What::Fault(text) = event.what() else { continue };
        let Ok(fault) = text.parse::<Fault>() else { continue };
        let undone = |spell: &&mut Spell| spell.until == end && spell.fault.undone().as_ref() == Some(&fault);
        match spells.iter_mut().find(undone) {
            Some(spell) => spell.until = event.nanos(),
            None => spells.push(Spell { fault, from: event.nanos(), until: end }),
        }
    }
    spells
}

struct Picture<'a> {
    hosts: &'a [String],
    spells: Vec<Spell>,
    end: u64,
    body: String,
    /// How far down it is drawn.
    y: usize,
}

impl Picture<'_> {
    fn draw(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(line);
        self.body.push('\n');
    }

    fn text(&mut self, class: &str, x: usize, y: usize, text: &str) {
        self.draw(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text)));
    }

    /// A line of text of its own.
    fn heading(&mut self, class: &str, text: &str) {
        self.y += LINE;
        self.text(class, 8, self.y, text);
    }

    fn lane_of(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|host| host == name)
    }

    /// The lanes that a fault is about, the first and the last.
    fn lanes_of(&self, fault: &Fault) -> Option<(usize, usize)> {
        let lanes: Vec<usize> = fault.hosts().iter().filter_map(|name| self.lane_of(name)).collect();
        lanes.iter().min().copied().zip(lanes.iter().max().copied())
    }

    /// What failed, and the faults.
    fn head(&mut self, failure: &str) {
        let words = failure.lines().flat_map(|line| line.split(' '));
        let mut line = String::new();
        for word in words {
            if !line.is_empty() && line.len() + word.len() >= LETTERS {
                self.heading("why", &std::mem::take(&mut line));
            }
            line += word;
            line.push(' ');
        }
        self.heading("why", &line);
        let faults: Vec<String> =
            self.spells.iter().map(|spell| format!("{} {}", seconds(spell.from), spell.fault)).collect();
        const MOST: usize = 8;
        for fault in faults.iter().take(MOST) {
            self.heading("label", fault);
        }
        if faults.len() > MOST {
            self.heading("label", &format!("and {} more", faults.len() - MOST));
        }
    }

    /// All of the run, in the scale of time; what is drawn below it begins at `start`.
    fn overview(&mut self, trace: &[TraceEvent], start: u64) {
        let (top, width) = (self.y + 12, WIDTH - LEFT - 20);
        let x = |at: u64| LEFT + (u128::from(at) * width as u128 / u128::from(self.end.max(1))) as usize;
        let (y, bottom) = (|lane: usize| top + lane * STRIP + STRIP / 2, top + self.hosts.len() * STRIP);
        let mut marks = Vec::new();
        for (lane, host) in self.hosts.iter().enumerate() {
            let (y, right, name) = (y(lane), LEFT + width, escape(host));
            marks.push(format!(
                "<text class=\"right\" x=\"{}\" y=\"{}\">{name}</text>\
                 <line class=\"lane\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>",
                LEFT - 8,
                y + 4
            ));
        }
        // Many packets in one place are one mark.
        let mut ticks = BTreeSet::new();
        for event in trace {
            if let What::Packet { to, .. } = event.what() {
                ticks.insert((*to as usize, x(event.nanos())));
            }
        }
        for (lane, x) in ticks {
            let y = y(lane);
            marks.push(format!(
                "<line class=\"tick\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>",
                y - 3,
                y + 3
            ));
        }
        for spell in &self.spells {
            let Some((first, last)) = self.lanes_of(&spell.fault) else { continue };
            let (left, right) = (x(spell.from), x(spell.until));
            let (up, height) = (top + first * STRIP, (last - first + 1) * STRIP);
            let (what, width) = (escape(&spell.fault.to_string()), (right - left).max(2));
            if spell.fault.undone().is_some() {
                marks.push(format!(
                    "<rect class=\"down\" x=\"{left}\" y=\"{up}\" width=\"{width}\" height=\"{height}\"><title>{what}</title></rect>"
                ));
            }
            marks.push(format!(
                "<line class=\"fault\" x1=\"{left}\" y1=\"{up}\" x2=\"{left}\" y2=\"{}\"><title>{what}</title></line>",
                up + height
            ));
        }
        let (window, right) = (x(start), x(self.end));
        marks.push(format!(
            "<rect class=\"window\" x=\"{window}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>\
             <line class=\"fail\" x1=\"{right}\" y1=\"{top}\" x2=\"{right}\" y2=\"{bottom}\"/>",
            (right - window).max(2),
            bottom - top
        ));
        for mark in marks {
            self.draw(format_args!("{mark}"));
        }
        self.y = bottom;
        self.y += LINE;
        self.text("time", LEFT, self.y, "0 s");
        self.text("time right", LEFT + width, self.y, &seconds(self.end));
    }

    /// The end of the run: each event has a row.
    fn diagram(&mut self, shown: &[&TraceEvent], start: u64) {
        self.y += 2 * LINE;
        let gap = ((WIDTH - LEFT - WORDS) / self.hosts.len().max(1)).clamp(24, 160);
        let (top, words) = (self.y + 8, LEFT + self.hosts.len() * gap + 20);
        let bottom = top + (shown.len() + 1) * ROW;
        let x = |lane: usize| LEFT + lane * gap + gap / 2;
        // Between the rows of those before and after.
        let between = |at: u64| top + shown.partition_point(|event| event.nanos() < at) * ROW;
        for (lane, host) in self.hosts.iter().enumerate() {
            let (x, name) = (x(lane), escape(host));
            // Long names of many hosts are in two rows.
            let up = if gap < 80 && lane % 2 == 1 { 16 } else { 4 };
            self.draw(format_args!(
                "<text class=\"host\" x=\"{x}\" y=\"{}\">{name}</text>\
                 <line class=\"lane\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>",
                top - up
            ));
        }
        for n in 0..self.spells.len() {
            let Spell { fault, from, until } = &self.spells[n];
            let Some((first, last)) = self.lanes_of(fault) else { continue };
            if *until < start || fault.undone().is_none() {
                continue;
            }
            let (up, down) = (between(*from), between(*until).max(between(*from) + 4));
            let class = if first == last { "down" } else { "cut" };
            let (left, right, what) = (x(first) - 10, x(last) + 10, escape(&fault.to_string()));
            self.draw(format_args!(
                "<rect class=\"{class}\" x=\"{left}\" y=\"{up}\" width=\"{}\" height=\"{}\"><title>{what}</title></rect>",
                right - left,
                down - up
            ));
        }
        for (row, event) in shown.iter().enumerate() {
            let y = top + row * ROW + ROW / 2;
            self.text("time right", LEFT - 8, y + 4, &seconds(event.nanos()));
            match event.what() {
                What::Packet { kind, from, to, len, sent, .. } => {
                    let bytes = if *len == 0 { String::new() } else { format!(" {len} B") };
                    let name = |lane: u32| self.hosts.get(lane as usize).map_or("?", String::as_str);
                    let what = format!("{kind}{bytes}: {} to {}", name(*from), name(*to));
                    let (x1, x2, y1) = (x(*from as usize), x(*to as usize), between(*sent));
                    if from == to {
                        self.draw(format_args!("<circle class=\"tip\" cx=\"{x2}\" cy=\"{y}\" r=\"3\"/>"));
                    } else {
                        self.draw(format_args!(
                            "<line class=\"packet\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y}\" marker-end=\"url(#tip)\"/>"
                        ));
                    }
                    self.text("", words, y + 4, &what);
                }
                What::Disk { host, what, len, .. } => {
                    let x = x(*host as usize);
                    let bytes = if *len == 0 { String::new() } else { format!(" {len} B") };
                    self.draw(format_args!(
                        "<rect class=\"disk\" x=\"{}\" y=\"{}\" width=\"6\" height=\"6\"/>",
                        x - 3,
                        y - 3
                    ));
                    let name = self.hosts.get(*host as usize).map_or("?", String::as_str);
                    self.text("", words, y + 4, &format!("disk {what}{bytes}: {name}"));
                }
                What::Fault(fault) => {
                    let lanes = fault.parse::<Fault>().ok().and_then(|fault| self.lanes_of(&fault));
                    let (first, last) = lanes.unwrap_or((0, self.hosts.len().saturating_sub(1)));
                    self.draw(format_args!(
                        "<line class=\"fault\" x1=\"{}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\"/>",
                        x(first) - 10,
                        x(last) + 10
                    ));
                    self.text("label", words, y + 4, fault);
                }
                What::Note(note) => self.text("note", words, y + 4, note),
                _ => {}
            }
        }
        let (y, right) = (bottom - ROW / 2, words - 10);
        self.text("why right", LEFT - 8, y + 4, &seconds(self.end));
        self.draw(format_args!("<line class=\"fail\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>"));
        self.text("why", words, y + 4, "here it failed");
        self.y = bottom + 8;
    }
}

/// A run as an SVG. `hosts` are the names by number.
pub(crate) fn draw(trace: &[TraceEvent], hosts: &[String], failure: &str) -> String {
    let is_shown = |event: &&TraceEvent| {
        let what = event.what();
        matches!(what, What::Packet { .. } | What::Disk { .. } | What::Fault(_) | What::Note(_))
    };
    let shown: Vec<&TraceEvent> = trace.iter().filter(is_shown).collect();
    let shown = &shown[shown.len().saturating_sub(SHOWN)..];
    let end = trace.last().map_or(0, |event| event.nanos());
    let start = shown.first().map_or(0, |event| event.nanos());
    let spells = spells(trace, end);
    let mut picture = Picture { hosts, spells, end, body: String::new(), y: 8 };
    picture.head(failure);
    picture.overview(trace, start);
    picture.diagram(shown, start);
    let height = picture.y;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <style>{STYLE}</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n{}</svg>\n",
        picture.body
    )
}
