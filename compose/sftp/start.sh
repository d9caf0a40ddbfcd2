#!/bin/bash
# Makes the host's key and the providers' folders if they are missing, then
# becomes sshd.
set -euo pipefail
umask 022
mkdir -p /run/sshd
key=/etc/ssh/keys/ssh_host_ed25519_key
[ -s "$key" ] || ssh-keygen -q -t ed25519 -N '' -C eakte-sftp -f "$key"
echo "The host's key is $(ssh-keygen -l -f "$key.pub")"
gid=$(getent group eakte-sftp | cut -d: -f3)
getent passwd | while IFS=: read -r name _ uid group _; do
  [ "$group" = "$gid" ] || continue
  mkdir -p "/srv/sftp/$name" # root's own: sshd locks nobody into a folder that others can change
  [ -d "/srv/sftp/$name/incoming" ] || { mkdir -m 0700 "/srv/sftp/$name/incoming" && chown "$uid:$gid" "/srv/sftp/$name/incoming"; }
done
exec "${SSHD:-/usr/sbin/sshd}" -D -e -f /etc/ssh/sshd_config "$@"
