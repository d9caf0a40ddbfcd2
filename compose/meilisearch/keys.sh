#!/bin/sh
# Makes the appliance's three keys in a Meilisearch. A key's value is the
# HMAC-SHA256 of its id under the master key, so secrets/make.sh knows it
# beforehand and nothing has to be carried out of here. Doing it again changes
# nothing.
#
#   MEILI_URL            http://meilisearch:7700
#   MASTER_CONFIG_FILE   the file with: master_key = "…"
set -eu

master=$(sed -n 's/^master_key *= *"\([A-Za-z0-9_-]*\)"$/\1/p' "${MASTER_CONFIG_FILE:?names no file}")
[ -n "$master" ] || { echo "keys: there is no master_key in $MASTER_CONFIG_FILE" >&2; exit 2; }

# The header goes by standard input: arguments are seen by others.
ask() { printf 'header = "Authorization: Bearer %s"\n' "$master" | curl -sS -K - -H 'Content-Type: application/json' -o /dev/null -w '%{http_code}' "$@"; }

key() { # id, name, rights, indexes
  case $(ask "$MEILI_URL/keys/$1") in
    200) return ;;
    404) ;;
    401 | 403) echo "keys: the master key is not this server's" >&2; exit 1 ;;
    *) echo "keys: $MEILI_URL does not answer as a Meilisearch does" >&2; exit 1 ;;
  esac
  code=$(ask "$MEILI_URL/keys" -d "{\"uid\":\"$1\",\"name\":\"$2\",\"actions\":[$3],\"indexes\":[\"$4\"],\"expiresAt\":null}")
  [ "$code" = 201 ] || { echo "keys: $2 was refused with $code" >&2; exit 1; }
}

key 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a01 "eakte search" '"search"' 'eakte*'
key 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a02 "eakte documents" '"documents.get","documents.add","documents.delete","tasks.get"' 'eakte*'
key 3f0a6a52-8f1c-4b7e-9d25-6c1f0e7b2a03 "eakte admin" \
  '"version","indexes.get","indexes.create","indexes.delete","settings.get","settings.update","tasks.get","tasks.delete"' '*' # version goes with no other
echo "Meilisearch has the appliance's three keys."
