//! The servers that say hello.

use std::process::Command;
use std::time::Duration;

use anyloop_bench::Entrant;

use crate::{Outcome, build, folder};

/// A server of others.
pub(crate) struct Framework {
    pub(crate) name: &'static str,
    /// What tells its version, if it is there.
    pub(crate) version: &'static [&'static str],
    /// Debian's packages that it needs.
    pub(crate) packages: &'static str,
    /// Readies it, and gives its command.
    command: fn() -> Outcome<String>,
}

/// Those of others, in the order of the talk and then by age.
pub(crate) const FRAMEWORKS: [Framework; 7] = [
    Framework {
        name: "Netty (Java)",
        version: &["dpkg-query", "--showformat=Netty ${Version}\n", "--show", "libnetty-java"],
        packages: "default-jdk-headless libnetty-java",
        command: netty,
    },
    Framework {
        name: "Tornado (Python)",
        version: &[PYTHON, "-c", "import tornado; print('Tornado', tornado.version)"],
        packages: "python3-tornado",
        command: || Ok(format!("{PYTHON} {} {{port}}", script("tornado_hello.py"))),
    },
    Framework {
        name: "Twisted web (Python)",
        version: &[PYTHON, "-c", "import twisted; print('Twisted', twisted.__version__)"],
        packages: "python3-twisted",
        command: || Ok(format!("{PYTHON} {} {{port}}", script("twisted_hello.py"))),
    },
    Framework {
        name: "aiohttp (Python)",
        version: &[PYTHON, "-c", "import aiohttp; print('aiohttp', aiohttp.__version__)"],
        packages: "python3-aiohttp",
        command: || Ok(format!("{PYTHON} {} {{port}}", script("aiohttp_hello.py"))),
    },
    Framework {
        name: "aiohttp, uvloop (Python)",
        version: &[
            PYTHON,
            "-c",
            "import aiohttp, uvloop; print('aiohttp', aiohttp.__version__, 'uvloop', uvloop.__version__)",
        ],
        packages: "python3-aiohttp python3-uvloop",
        command: || Ok(format!("{PYTHON} {} {{port}} uvloop", script("aiohttp_hello.py"))),
    },
    Framework {
        name: "Node http (JavaScript)",
        version: &["node", "-e", "console.log('Node', process.version)"],
        packages: "nodejs",
        command: || Ok(format!("node {} {{port}}", script("node_hello.js"))),
    },
    Framework { name: "net/http (Go)", version: &["go", "version"], packages: "golang-go", command: go },
];

impl Framework {
    pub(crate) fn entrant(&self) -> Outcome<Entrant> {
        Ok(Entrant { name: self.name.to_owned(), command: (self.command)()?.parse()?, env: self.env() })
    }

    /// One thread for what a program does, as the others have.
    fn env(&self) -> Vec<(String, String)> {
        match self.name {
            "net/http (Go)" => vec![("GOMAXPROCS".to_owned(), "1".to_owned())],
            _ => Vec::new(),
        }
    }
}

/// The same service on plain tokio and plain smol.
pub(crate) fn plain() -> Outcome<Vec<Entrant>> {
    let programs = build::programs("frameworks", &["hello_tokio", "hello_smol"])?;
    let on = |runtime: &str| {
        let program = programs.join(format!("hello_{runtime}"));
        let command = format!("'{}' {{addr}}", program.display()).parse()?;
        Ok(Entrant { name: format!("axum on {runtime} (Rust)"), command, env: Vec::new() })
    };
    ["tokio", "smol"].into_iter().map(on).collect()
}

/// Ours, on each loop.
pub(crate) fn ours() -> Outcome<Vec<Entrant>> {
    let program = build::programs("anyloop-web", &["http_hello"])?.join("http_hello");
    on_each_loop(&format!("'{}' {{addr}}", program.display()), |backend| {
        format!("anyloop on {backend} (Rust)")
    })
}

/// A program of ours, on each loop.
pub(crate) fn on_each_loop(command: &str, name: impl Fn(&str) -> String) -> Outcome<Vec<Entrant>> {
    let command = command.parse()?;
    let on = |backend| Entrant { name: name(backend), ..Entrant::on_loop(backend, &command) };
    Ok(["native", "tokio", "smol"].map(on).into())
}

/// The four models of the example `servers`, on each loop.
pub(crate) fn models(wait: Duration) -> Outcome<Vec<Entrant>> {
    let program = build::example("servers")?;
    let mut all = Vec::new();
    for model in ["sync", "threads", "pool", "async"] {
        // More threads than there are clients, but in the pool.
        let threads = if model == "pool" { 64 } else { 8192 };
        let command = format!(
            "'{}' --model {model} --threads {threads} --wait {} --hello --listen {{addr}}",
            program.display(),
            wait.as_millis()
        );
        all.extend(on_each_loop(&command, |backend| format!("{model} on {backend}"))?);
    }
    Ok(all)
}

fn script(name: &str) -> String {
    format!("'{}'", folder("servers").join(name).display())
}

fn go() -> Outcome<String> {
    let program = build::target().join("frameworks/go_hello");
    let source = folder("servers/go_hello.go");
    build::run(Command::new("go").args(["build", "-o"]).arg(&program).arg(source))?;
    Ok(format!("'{}' {{port}}", program.display()))
}

/// Debian's, for which its packages are.
const PYTHON: &str = "/usr/bin/python3";

/// Where Debian has Netty, in many files.
const NETTY: &str = "/usr/share/java/*";

fn netty() -> Outcome<String> {
    let classes = build::target().join("frameworks/netty");
    let source = folder("servers/NettyHello.java");
    build::run(Command::new("javac").args(["-cp", NETTY, "-d"]).arg(&classes).arg(source))?;
    Ok(format!("java -XX:+UseSerialGC -cp '{NETTY}:{}' NettyHello {{port}}", classes.display()))
}
