//! How a child is to be started.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::process::{Child as StdChild, Command as StdCommand, ExitStatus, Output, Stdio};

use super::child::Child;

/// How a child is to be started: the standard library's builder, whose child is waited for by the
/// loop. Unless told otherwise, it has the environment, the folder and the standard streams of this
/// process; [`output`](Self::output) makes pipes of its standard output and error.
///
/// What only the standard library has, such as `pre_exec`, is reached by
/// [`as_std_mut`](Self::as_std_mut).
#[derive(Debug)]
pub struct Command {
    std: StdCommand,
    kill_on_drop: bool,
}

impl Command {
    /// Starts `program`, a path, or a name that is looked for in `PATH`.
    pub fn new<S: AsRef<OsStr>>(program: S) -> Command {
        Command::from(StdCommand::new(program))
    }

    /// The standard library's builder inside.
    pub fn as_std(&self) -> &StdCommand {
        &self.std
    }

    /// The standard library's builder inside, for what is not here.
    pub fn as_std_mut(&mut self) -> &mut StdCommand {
        &mut self.std
    }

    /// The standard library's builder. That of [`kill_on_drop`](Self::kill_on_drop) is lost.
    pub fn into_std(self) -> StdCommand {
        self.std
    }

    /// Adds an argument. No shell looks at it.
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<I, S>(&mut self, args: I) -> &mut Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Adds text to the command line as it is, without quotes.
    #[cfg(windows)]
    pub fn raw_arg<S: AsRef<OsStr>>(&mut self, text_to_append_as_is: S) -> &mut Command {
        std::os::windows::process::CommandExt::raw_arg(&mut self.std, text_to_append_as_is);
        self
    }

    /// Sets a variable of its environment.
    pub fn env<K, V>(&mut self, key: K, val: V) -> &mut Command
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.env(key, val);
        self
    }

    /// Sets variables of its environment.
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Command
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Removes a variable from its environment.
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Command {
        self.std.env_remove(key);
        self
    }

    /// Begins with an empty environment.
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// Sets the folder it starts in. Give an absolute path to the program then: whether a relative
    /// one is looked for from there is the system's choice.
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Command {
        self.std.current_dir(dir);
        self
    }

    /// Sets its standard input; `Stdio::piped()` gives [`Child::stdin`].
    pub fn stdin<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdin(cfg);
        self
    }

    /// Sets its standard output; `Stdio::piped()` gives [`Child::stdout`].
    pub fn stdout<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stdout(cfg);
        self
    }

    /// Sets its standard error; `Stdio::piped()` gives [`Child::stderr`].
    pub fn stderr<T: Into<Stdio>>(&mut self, cfg: T) -> &mut Command {
        self.std.stderr(cfg);
        self
    }

    /// Whether dropping the [`Child`] ends it, by `SIGKILL` on unix. Off unless set: then it goes on
    /// running. Either way its end is waited for, see [the module](super).
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// What [`kill_on_drop`](Self::kill_on_drop) was set to.
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// Sets Windows' flags of process creation.
    #[cfg(windows)]
    pub fn creation_flags(&mut self, flags: u32) -> &mut Command {
        std::os::windows::process::CommandExt::creation_flags(&mut self.std, flags);
        self
    }

    /// Sets its user. Where that is not allowed, starting it fails.
    #[cfg(unix)]
    pub fn uid(&mut self, id: u32) -> &mut Command {
        std::os::unix::process::CommandExt::uid(&mut self.std, id);
        self
    }

    /// Sets its group of users.
    #[cfg(unix)]
    pub fn gid(&mut self, id: u32) -> &mut Command {
        std::os::unix::process::CommandExt::gid(&mut self.std, id);
        self
    }

    /// Sets the name that it is told it was called by.
    #[cfg(unix)]
    pub fn arg0<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Command {
        std::os::unix::process::CommandExt::arg0(&mut self.std, arg);
        self
    }

    /// Sets its process group; zero makes a new one, of its own number. What a terminal sends to
    /// this program's group, such as Ctrl-C, does not reach it then.
    #[cfg(unix)]
    pub fn process_group(&mut self, pgroup: i32) -> &mut Command {
        std::os::unix::process::CommandExt::process_group(&mut self.std, pgroup);
        self
    }

    /// Starts the child, on the loop that the caller runs in. It can be called again.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied` or any other error of `fork(2)` or `execve(2)`, with the
    /// program's name in the message ([`raw_os_error`](super::raw_os_error) gives the number);
    /// `Unsupported` on a loop without children; [`NoLoop`](crate::runtime::NoLoop) inside an
    /// `io::Error` without a loop; any error of registering its pipes, by which the child is ended.
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.spawn_with(StdCommand::spawn)
    }

    /// As [`spawn`](Self::spawn), for a child that `with` starts, such as by an extension of the
    /// standard library's builder.
    ///
    /// # Errors
    ///
    /// As `spawn`.
    pub fn spawn_with(
        &mut self,
        with: impl FnOnce(&mut StdCommand) -> io::Result<StdChild>,
    ) -> io::Result<Child> {
        let std = &mut self.std;
        let start = || with(std).map_err(|error| cannot_start(std, error));
        Child::start(start, self.kill_on_drop)
    }

    /// Starts the child at once, and waits for its end. Pipes, if pipes were asked for, are closed
    /// right after the start.
    ///
    /// Dropping the future drops the [`Child`].
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn) and [`Child::wait`].
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> std::io::Result<()> {
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use anyloop::process::Command;
    ///
    /// let status = Command::new("sh").args(["-c", "exit 7"]).status().await?;
    /// assert_eq!(status.code(), Some(7));
    /// # Ok(())
    /// # })
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async {
            let mut child = child?;
            (child.stdin, child.stdout, child.stderr) = (None, None, None);
            child.wait().await
        }
    }

    /// Starts the child at once, reads all that it writes, and waits for its end. Its standard
    /// input is this process's own unless it was set.
    ///
    /// Dropping the future drops the [`Child`].
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn) and [`Child::wait_with_output`].
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped());
        self.std.stderr(Stdio::piped());
        let child = self.spawn();
        async { child?.wait_with_output().await }
    }
}

impl From<StdCommand> for Command {
    fn from(std: StdCommand) -> Command {
        Command { std, kill_on_drop: false }
    }
}

#[cold]
fn cannot_start(command: &StdCommand, error: io::Error) -> io::Error {
    let program = Path::new(command.get_program()).display();
    let message = match command.get_current_dir() {
        Some(folder) => format!("cannot start `{program}` in {}", folder.display()),
        None => format!("cannot start `{program}`"),
    };
    io::Error::new(error.kind(), Tried { message, error })
}

/// What was tried, with the system's error as its source.
#[derive(Debug)]
struct Tried {
    message: String,
    error: io::Error,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.error)
    }
}

impl Error for Tried {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
