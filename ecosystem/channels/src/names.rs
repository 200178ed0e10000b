//! What groups and members may be called.

use crate::error::{Error, ErrorKind};

/// The longest name, in bytes.
const LIMIT: usize = 100;

/// Whether a group may be called so. What stores and routes groups by their names, a layer's server
/// included, meets no letter that means something there.
pub(crate) fn check_group(name: &str) -> Result<(), Error> {
    let odd = name.chars().find(|&letter| !letter.is_alphanumeric() && !"-_.".contains(letter));
    check("a group", name, odd, "letters, digits, '-', '_' and '.'")
}

/// Whether a member may be called so.
pub(crate) fn check_member(name: &str) -> Result<(), Error> {
    check("a member", name, name.chars().find(|letter| letter.is_control()), "no control characters")
}

fn check(whose: &str, name: &str, odd: Option<char>, allowed: &str) -> Result<(), Error> {
    let wrong = match (name.len(), odd) {
        (0, _) => "is empty".to_owned(),
        (length, _) if length > LIMIT => format!("has {length} bytes"),
        (_, Some(odd)) => format!("cannot have {odd:?} in it"),
        (_, None) => return Ok(()),
    };
    let message = format!("{whose}'s name {wrong}: it has 1 to {LIMIT} bytes, {allowed}");
    Err(Error::new(ErrorKind::Name, message))
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, check_group, check_member};

    #[test]
    fn names_are_checked() {
        for name in ["a", "room-1_b.c", "caffè", &"x".repeat(LIMIT)] {
            assert!(check_group(name).is_ok(), "{name}");
        }
        for (name, said) in [
            ("", "is empty"),
            (&*"è".repeat(51), "has 102 bytes"),
            ("a b", "cannot have ' ' in it"),
            ("a:b", "cannot have ':' in it"),
            ("a\0", "cannot have '\\0' in it"),
            ("{a}", "cannot have '{' in it"),
            ("*", "cannot have '*' in it"),
        ] {
            let error = check_group(name).expect_err(name).to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(check_member("Anna the first").is_ok());
        let error = check_member("anna\nbruno").expect_err("two lines").to_string();
        assert_eq!(
            error,
            "a member's name cannot have '\\n' in it: it has 1 to 100 bytes, no control characters"
        );
    }
}
