//! The servers' folders and configuration.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use nix::unistd::User;

/// Whom a server runs as that refuses to be root: `None` if we are not root, and it runs as we do.
pub(super) fn other_user(name: &str) -> Option<User> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    User::from_name(name).ok().flatten()
}

/// Servers that run as another user must be able to pass through.
pub(super) fn open_to_others(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

/// A folder that belongs to `user`, or to us.
pub(super) fn folder(dir: &Path, user: Option<&User>) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    match user {
        Some(user) => chown(dir, Some(user.uid.as_raw()), Some(user.gid.as_raw())),
        None => Ok(()),
    }
}

/// nginx with one process, two pages, and everything below `dir`.
pub(super) fn nginx(dir: &Path, port: u16) -> io::Result<()> {
    folder(&dir.join("pages"), None)?;
    fs::write(dir.join("pages/large"), "0123456789abcdef".repeat(4096))?;
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let path = dir.display();
    fs::write(
        dir.join("nginx.conf"),
        format!(
            "{user} master_process off; daemon off; pid {path}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 100000000; default_type text/plain;
  client_body_temp_path {path}/body; proxy_temp_path {path}/proxy; fastcgi_temp_path {path}/fastcgi;
  uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = /hello {{ return 200 \"ciao\\n\"; }}
    location / {{ root {path}/pages; }}
  }}
}}
"
        ),
    )
}

/// dovecot with IMAP alone, and everybody's password `secret`.
pub(super) fn dovecot(dir: &Path, port: u16) -> io::Result<()> {
    let user = other_user("dovecot");
    folder(&dir.join("mail"), user.as_ref())?;
    let me = nix::unistd::getuid();
    let (uid, gid) = user.map_or((me, nix::unistd::getgid()), |user| (user.uid, user.gid));
    let users = match User::from_uid(me) {
        Ok(Some(me)) if !me.uid.is_root() => {
            format!("default_internal_user = {0}\ndefault_login_user = {0}\n", me.name)
        }
        _ => String::new(),
    };
    let path = dir.display();
    fs::write(
        dir.join("dovecot.conf"),
        format!(
            "{users}base_dir = {path}/run
state_dir = {path}/state
log_path = /dev/stderr
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
first_valid_uid = 1
mail_location = maildir:{path}/mail/%u
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={path}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"
        ),
    )
}
