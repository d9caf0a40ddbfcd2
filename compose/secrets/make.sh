#!/usr/bin/env bash
# Makes the secrets that are missing, beside this script or in the folder given.
# The folder is closed to others (0700); the files in it are readable (0444),
# because each service reads its own as another user.
set -euo pipefail
dir=${1:-$(dirname "$0")}
mkdir -p "$dir"
chmod 0700 "$dir"
cd "$dir"

secret() { od -An -tx1 -N"${1:-24}" /dev/urandom | tr -d ' \n'; }
put() { # name; the value comes by standard input
  [ ! -s "$1" ] || { cat >/dev/null; return; }
  cat >"$1.new" && chmod 0444 "$1.new" && mv "$1.new" "$1"
}
hmac() { # of $1 under the Meilisearch master key, which goes by a file: arguments are seen by others
  local pad key i o byte inner outer sum
  key=$(sed -n 's/^master_key = "\(.*\)"$/\1/p' meili_config)
  for pad in 54 92; do # RFC 2104 with sha256sum; the key is 48 letters long, the block 64
    o=
    for ((i = 0; i < 64; i++)); do
      printf -v byte '%d' "'${key:i:1}"
      [ $i -lt ${#key} ] || byte=0
      printf -v o '%s\\x%02x' "$o" $((byte ^ pad))
    done
    [ $pad = 54 ] && inner=$o || outer=$o
  done
  sum=$({ printf "$inner"; printf %s "$1"; } | sha256sum | cut -d' ' -f1 | sed 's/../\\x&/g')
  { printf "$outer"; printf "$sum"; } | sha256sum | cut -d' ' -f1
}

printf 'eakte-root-%s\n' "$(secret 4)" | put minio_root_user
secret | put minio_root_password
echo eakte-running | put store_access_key
secret | put store_secret_key
echo eakte-disposition | put disposition_access_key
secret | put disposition_secret_key
printf '%s\n%s\n' "$(cat disposition_access_key)" "$(cat disposition_secret_key)" | put disposition_key
secret | put postgres_password
printf 'postgres://eakte:%s@postgres:5432/eakte?sslmode=disable\n' "$(cat postgres_password)" | put catalog_dsn
printf 'master_key = "%s"\n' "$(secret)" | put meili_config
hmac 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a01 | put meili_search_key
hmac 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a02 | put meili_document_key
hmac 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a03 | put meili_admin_key
secret | put metrics_token
echo "The secrets are in $PWD."
