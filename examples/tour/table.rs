//! The table at the end: backend by step.

use comfy_table::{Table, presets};

use crate::Done;

/// Prints the table, and gives whether all loops agree and every step went well.
pub(crate) fn print(steps: &[&str], columns: &[(String, Vec<Done>)]) -> bool {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    let names = columns.iter().map(|(name, _)| name.as_str());
    table.set_header(["step"].into_iter().chain(names).chain(["same?"]));
    let mut all_same = true;
    for (i, step) in steps.iter().enumerate() {
        let texts: Vec<Option<&str>> =
            columns.iter().map(|(_, done)| done[i].outcome.as_ref().ok().map(String::as_str)).collect();
        let same = texts.iter().all(|text| text.is_some() && *text == texts[0]);
        all_same &= same;
        let cells = columns.iter().map(|(_, done)| match &done[i].outcome {
            Ok(text) => format!("{}\n{:.0} ms", shorten(text), done[i].took.as_secs_f64() * 1e3),
            Err(error) => format!("failed: {error}"),
        });
        let verdict = if same { "yes" } else { "NO" }.to_owned();
        table.add_row([(*step).to_owned()].into_iter().chain(cells).chain([verdict]));
    }
    println!("\n{table}");
    println!(
        "{}",
        if all_same { "the same results everywhere" } else { "the loops differ, or a step failed" }
    );
    all_same
}

/// A result in a table cell's width; the whole text stands above the table.
fn shorten(text: &str) -> String {
    const WIDTH: usize = 30;
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}
