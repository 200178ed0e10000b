//! The programs of others that the uses talk to.

use std::fmt;

/// A program that a use needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The database.
    PostgreSql,
    /// redis-server.
    Redis,
    /// nginx, with a few pages.
    Nginx,
    /// dbus-daemon, as a session's bus.
    Dbus,
    /// An IMAP server: dovecot.
    Dovecot,
    /// Our own, on plain tokio and plain threads: for protocols that no package of the system's
    /// serves.
    Peer,
}

impl Service {
    /// Every one.
    pub const ALL: [Service; 6] =
        [Service::PostgreSql, Service::Redis, Service::Nginx, Service::Dbus, Service::Dovecot, Service::Peer];

    /// Debian's package that has it.
    pub fn package(self) -> &'static str {
        match self {
            Service::PostgreSql => "postgresql",
            Service::Redis => "redis-server",
            Service::Nginx => "nginx-light",
            Service::Dbus => "dbus",
            Service::Dovecot => "dovecot-imapd",
            Service::Peer => "this one",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Service::PostgreSql => "PostgreSQL",
            Service::Redis => "redis",
            Service::Nginx => "nginx",
            Service::Dbus => "dbus",
            Service::Dovecot => "dovecot",
            Service::Peer => "peer",
        })
    }
}
