//! Who a peer is.

/// A user's number.
#[allow(non_camel_case_types)]
pub type uid_t = u32;

/// A group's number.
#[allow(non_camel_case_types)]
pub type gid_t = u32;

/// A process's number.
#[allow(non_camel_case_types)]
pub type pid_t = i32;

/// Who a peer is: see [`UnixStream::peer_cred`](super::UnixStream::peer_cred).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    pub(super) fn new((pid, uid, gid): (Option<pid_t>, uid_t, gid_t)) -> UCred {
        UCred { pid, uid, gid }
    }

    /// Its user.
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// Its group.
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// Its process, where the system tells: Linux and Android do. Zero is one that cannot be seen
    /// from here.
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }
}
