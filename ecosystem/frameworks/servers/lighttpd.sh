#!/bin/sh
# Debian's lighttpd with its defaults, and the bytes in a file: lighttpd.sh PORT FOLDER
set -eu
mkdir -p "$2/lighttpd"
cat >"$2/lighttpd/conf" <<END
server.document-root = "$2/files"
server.bind = "127.0.0.1"
server.port = $1
server.listen-backlog = 4096
server.max-fds = 65536
server.max-connections = 16384
server.max-keep-alive-requests = 0
index-file.names = ("hello")
mimetype.assign = ("" => "text/plain")
END
exec lighttpd -D -f "$2/lighttpd/conf"
