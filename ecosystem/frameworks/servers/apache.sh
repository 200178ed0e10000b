#!/bin/sh
# Debian's Apache, with the numbers that Debian sets, and the bytes in a file: apache.sh prefork|event PORT FOLDER
set -eu
mkdir -p "$3/apache-$1"
case $1 in
prefork) numbers="StartServers 5
MinSpareServers 5
MaxSpareServers 10
MaxRequestWorkers 150" ;;
event) numbers="StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadsPerChild 25
MaxRequestWorkers 150" ;;
esac
cat >"$3/apache-$1/conf" <<END
ServerRoot $3/apache-$1
ServerName localhost
PidFile $3/apache-$1/pid
ErrorLog $3/apache-$1/errors
LoadModule mpm_$1_module /usr/lib/apache2/modules/mod_mpm_$1.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
Listen 127.0.0.1:$2
ListenBackLog 4096
User www-data
Group www-data
$numbers
MaxKeepAliveRequests 0
DocumentRoot $3/files
DirectoryIndex hello
END
exec apache2 -D FOREGROUND -f "$3/apache-$1/conf"
