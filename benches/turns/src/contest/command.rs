//! Command lines with places to fill in.

use std::fmt;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// A command line: words, some in quotes, in which `{addr}` is the server's address, `{port}` its port,
/// and `{slice}` the length of a slice, such as `1s`. `{seconds}` is that without a unit.
///
/// ```
/// use anyloop_bench::CommandLine;
///
/// let line: CommandLine = "wrk -d {slice} 'http://{addr}/a b'".parse().unwrap();
/// assert!(line.has("{addr}"));
/// assert_eq!(line.to_string(), "wrk -d {slice} 'http://{addr}/a b'");
/// assert!("wrk 'http://".parse::<CommandLine>().unwrap_err().to_string().contains("quote"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    words: Vec<String>,
}

/// A command line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(&'static str, String);

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

impl std::error::Error for CommandError {}

impl std::str::FromStr for CommandLine {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<CommandLine, CommandError> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for letter in text.chars() {
            match quote {
                Some(end) if letter == end => quote = None,
                Some(_) => word.get_or_insert_default().push(letter),
                None if letter == '"' || letter == '\'' => {
                    quote = Some(letter);
                    word.get_or_insert_default();
                }
                None if letter.is_whitespace() => words.extend(word.take()),
                None => word.get_or_insert_default().push(letter),
            }
        }
        if quote.is_some() {
            return Err(CommandError("a quote is not closed", text.to_owned()));
        }
        words.extend(word);
        if words.is_empty() {
            return Err(CommandError("a command is empty", text.to_owned()));
        }
        Ok(CommandLine { text: text.to_owned(), words })
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl CommandLine {
    /// Whether it has this place.
    pub fn has(&self, place: &str) -> bool {
        self.words.iter().any(|word| word.contains(place))
    }

    /// The program's name.
    pub(super) fn program(&self) -> &str {
        &self.words[0]
    }

    /// The command, filled in.
    pub(super) fn command(&self, addr: SocketAddr, slice: Duration) -> Command {
        let seconds = slice.as_secs().max(1).to_string();
        let mut words = self.words.iter().map(|word| {
            word.replace("{addr}", &addr.to_string())
                .replace("{port}", &addr.port().to_string())
                .replace("{slice}", &format!("{seconds}s"))
                .replace("{seconds}", &seconds)
        });
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_and_filled_in() {
        let line: CommandLine = r#"load  -d{slice} -t {seconds} "a 'b'" ''"#.parse().unwrap();
        let command = line.command(([127, 0, 0, 1], 80).into(), Duration::from_secs(2));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(command.get_program(), "load");
        assert_eq!(args, ["-d2s", "-t", "2", "a 'b'", ""]);
        assert!(" ".parse::<CommandLine>().is_err());
    }
}
