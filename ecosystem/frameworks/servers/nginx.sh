#!/bin/sh
# Debian's nginx with its defaults, one worker, and the bytes in a file: nginx.sh PORT FOLDER
set -eu
mkdir -p "$2/nginx"
cat >"$2/nginx/conf" <<END
daemon off;
pid $2/nginx/pid;
error_log $2/nginx/errors;
worker_processes 1;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  default_type text/plain;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:$1 backlog=4096;
    root $2/files;
    index hello;
  }
}
END
exec nginx -p "$2/nginx" -c "$2/nginx/conf" -e "$2/nginx/errors"
