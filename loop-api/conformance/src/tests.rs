//! The suite's own tests: that no case and no behaviour was forgotten.

use std::collections::BTreeSet;

use super::{BEHAVIOURS, CAPABILITIES, CASES, ELSEWHERE, STRUCK};

#[test]
fn every_case_has_its_behaviour_and_stands_once() {
    let ids: BTreeSet<&str> = BEHAVIOURS.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), BEHAVIOURS.len(), "a behaviour stands twice");
    let mut names = BTreeSet::new();
    for case in CASES {
        assert!(ids.contains(&*case.id()), "{} shows no behaviour of the list", case.name);
        assert!(names.insert(case.name), "{} stands twice", case.name);
        for need in case.needs {
            let known = CAPABILITIES.iter().any(|(name, _)| name == need) || need.starts_with("on_");
            assert!(known, "{} needs {need}, which no backend can list", case.name);
        }
    }
}

#[test]
fn what_is_struck_or_shown_elsewhere_is_in_the_list() {
    let shown: BTreeSet<String> = CASES.iter().map(|case| case.id()).collect();
    for (id, _) in STRUCK.iter().chain(ELSEWHERE) {
        assert!(BEHAVIOURS.iter().any(|(other, _)| other == id), "{id} is not in the list");
    }
    for (id, _) in STRUCK {
        assert!(!shown.contains(*id), "{id} is struck, and yet there is a case");
        assert!(!ELSEWHERE.iter().any(|(other, _)| other == id), "{id} is struck, and yet shown elsewhere");
    }
}

/// A function that is not in the table would never run.
#[test]
fn every_function_of_the_case_files_is_in_the_table() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cases");
    let mut seen = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for rest in text.lines().filter_map(|line| line.trim_start().strip_prefix("pub fn ")) {
            let name = rest.split(['<', '(']).next().unwrap();
            assert!(CASES.iter().any(|case| case.name == name), "{name} is not in the table");
            seen += 1;
        }
    }
    assert_eq!(seen, CASES.len());
}
