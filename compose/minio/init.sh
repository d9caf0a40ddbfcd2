#!/bin/bash
# Prepares a MinIO for the archive: four buckets, one user that has the running
# policy and nothing else, and one for the second key, which destroys what
# neither a lock nor a hold protects. It needs root's key; after it nothing does.
# Doing it again repairs what is missing and changes no object.
#
#   MINIO_URL                             http://minio:9000
#   ROOT_USER_FILE, ROOT_PASSWORD_FILE    root's key
#   RUNNING_USER_FILE, RUNNING_SECRET_FILE  the key that the appliance runs with
#   DISPOSITION_USER_FILE, DISPOSITION_SECRET_FILE  the second key; without them none is made
#   POLICIES                              folder of policy-*.json
set -euo pipefail

value() { # of the file that the variable names
  local v
  v=$(cat "${!1:?names no file}")
  [[ $v =~ ^[A-Za-z0-9._-]+$ ]] || { echo "init: $1: only letters, digits and . _ - can be in a key" >&2; exit 2; }
  printf '%s' "$v"
}

MC_CONFIG_DIR=$(mktemp -d)
trap 'rm -rf "$MC_CONFIG_DIR"' EXIT
user=$(value ROOT_USER_FILE) password=$(value ROOT_PASSWORD_FILE)
export MC_CONFIG_DIR MC_HOST_store="${MINIO_URL%%://*}://$user:$password@${MINIO_URL#*://}"
mc() { command mc --quiet --disable-pager "$@" >"$MC_CONFIG_DIR/said" 2>&1 || { cat "$MC_CONFIG_DIR/said" >&2; return 1; }; }

for b in records audit; do # a lock can't be added to a bucket later
  mc mb --ignore-existing --with-lock "store/eakte-$b"
  mc stat --json "store/eakte-$b"
  grep -q '"ObjectLock"[^}]*"enabled": *"Enabled"' "$MC_CONFIG_DIR/said" ||
    { echo "init: the bucket eakte-$b is there without object lock. Remove it while it is empty, and run this again." >&2; exit 1; }
done
mc mb --ignore-existing store/eakte-keys
mc version enable store/eakte-keys
mc mb --ignore-existing store/eakte-derived

mc admin policy create store eakte-running "${POLICIES:?names no folder}/policy-running.json"
mc admin policy create store eakte-disposition "$POLICIES/policy-disposition.json"
user() { # name of the policy, names of the variables
  local name
  name=$(value "$2")
  printf '%s\n%s\n' "$name" "$(value "$3")" | mc admin user add store # by its input: arguments are seen by others
  mc admin user info --json store "$name"
  grep -q '"policyName": *"'"$1"'"' "$MC_CONFIG_DIR/said" || mc admin policy attach store "$1" --user "$name"
}
user eakte-running RUNNING_USER_FILE RUNNING_SECRET_FILE
[ -z "${DISPOSITION_USER_FILE:-}" ] || user eakte-disposition DISPOSITION_USER_FILE DISPOSITION_SECRET_FILE
echo "The store is ready: eakte-records and eakte-audit with object lock, eakte-keys with versions, eakte-derived; user $(value RUNNING_USER_FILE)${DISPOSITION_USER_FILE:+, second key $(value DISPOSITION_USER_FILE)}."
