#!/usr/bin/env bash
# Reads an eAkte archive without eAkte: with age, jq, and either mc (or any
# other S3 client that copies the buckets to a disk) or the copied files alone.
# docs/recovery.md explains it. Nothing here is ever written to the archive.
#
#   recovery.sh open PAIR.age FIRST.key SECOND.key > recovery.key
#   recovery.sh find FROM WORD…
#   recovery.sh get  FROM OBJECT OUTPUT
#
# PAIR.age is recovery-1-2.age, recovery-1-3.age or recovery-2-3.age; the keys
# are those two custodians' age identities, in that order.
# FROM is where the buckets are, without the last part of their names:
#   mc:ALIAS/eakte      buckets eakte-records and eakte-keys behind an alias of mc
#   /media/disk/eakte   folders eakte-records and eakte-keys on a disk
# The recovery key is read from the file that RECOVERY_KEY names, recovery.key
# by default. An appliance's key file does as well.
set -euo pipefail

key=${RECOVERY_KEY:-recovery.key}

fail() { printf 'recovery: %s\n' "$*" >&2; exit 1; }

need() { for p in "$@"; do command -v "$p" >/dev/null || fail "the program $p is missing"; done; }

# bucket NAME: where a bucket is.
bucket() { printf '%s-%s' "${from#mc:}" "$1"; }

# object BUCKET NAME: an object's bytes.
object() {
  case $from in
    mc:*) mc --quiet cat "$(bucket "$1")/$2" ;;
    *) cat -- "$(bucket "$1")/$2" ;;
  esac
}

# names BUCKET FOLDER: the names of the objects in a folder, without it. Where
# there is nothing it says nothing; a store that doesn't answer ends the script.
names() {
  case $from in
    mc:*) mc --quiet ls --json "$(bucket "$1")/$2/" | jq -r 'select(.status == "success") | .key' ;;
    *) [ ! -d "$(bucket "$1")/$2" ] || ls -- "$(bucket "$1")/$2" ;;
  esac
}

# place ID: two hex digits and the id, as in every name.
place() { printf '%s/%s' "${1:0:2}" "$1"; }

# document_key ID: the key of an object, as an age identity. There may be
# several copies, one for each generation of the appliance's own key (ID, ID.2,
# ID.3, …); all hold the same key, the newest is tried first.
document_key() {
  local all name found=no
  all=$(names keys "k/${1:0:2}") || fail "$(bucket keys) can't be listed"
  for name in $(sort -t. -k2,2nr <<<"$all"); do
    [[ $name =~ ^$1(\.[0-9]+)?$ ]] || continue
    found=yes
    if object keys "k/${1:0:2}/$name" | age -d -i "$key" 2>/dev/null; then return; fi
  done
  [ "$found" = yes ] || fail "there is no key for $1: it was destroyed (see the tombstones, t/), or the bucket is not whole"
  fail "$key does not open the key of $1"
}

# personal MANIFEST-FILE OBJECT: a manifest's personal part.
personal() { jq -r .personal "$1" | age -d -i <(document_key "$2") 2>/dev/null; }

open_recovery() {
  [ $# -eq 3 ] || fail "open PAIR.age FIRST.key SECOND.key"
  age -d -i "$2" "$1" | age -d -i "$3"
}

get() {
  [ $# -eq 3 ] || fail "get FROM OBJECT OUTPUT"
  from=$1
  [[ $2 =~ ^[0-9a-f]{32}$ ]] || fail "$2 is no object's id: 32 hex digits"
  [ -s "$key" ] || fail "there is no recovery key in $key"
  document_key "$2" >/dev/null
  object records "o/$(place "$2")" | age -d -i <(document_key "$2") >"$3.part"
  mv -- "$3.part" "$3"
  sha256sum -- "$3"
}

# fetch FOLDER: copies a folder of records into the work folder.
fetch() {
  local all
  mkdir -p "$work/$1"
  all=$(names records "$1") || fail "$(bucket records) can't be listed"
  [ -n "$all" ] || return 0
  case $from in
    mc:*) mc --quiet mirror "$(bucket records)/$1" "$work/$1" >/dev/null ;;
    *) cp -R -- "$(bucket records)/$1/." "$work/$1" ;;
  esac
}

# newest: of each subject the newest manifest that no tombstone names, a line
# each: kind, subject, object, file. What doesn't parse is named and left out.
newest() {
  find "$work/t" -type f -exec jq -r .subject {} + | sort -u >"$work/dead"
  local f
  find "$work/m" -type f | while IFS= read -r f; do
    jq -r '[.header.subject, .header.sequence, .kind, .header.object, input_filename] | @tsv' "$f" 2>/dev/null ||
      printf 'recovery: %s is no manifest\n' "${f#"$work"/}" >&2
  done | sort -t$'\t' -k1,1 -k2,2nr | awk -F'\t' -v OFS='\t' '
      FILENAME == ARGV[1] { dead[$1] = 1; next }
      !($1 in seen) { seen[$1] = 1; if (!($1 in dead)) print $3, $1, $4, $5 }' "$work/dead" -
}

# each KIND: the personal part of each newest manifest of a kind, a JSON object
# a line, with its subject and object added.
each() {
  local kind subject object file
  while IFS=$'\t' read -r kind subject object file; do
    [ "$kind" = "$1" ] || continue
    personal "$file" "$object" | jq -c --arg subject "$subject" --arg object "$object" '. + {subject: $subject, object: $object}' ||
      printf 'recovery: the %s %s does not open\n' "$kind" "$subject" >&2
  done <"$work/newest"
}

# find_documents prints a line for each document of the files whose number, or
# one of whose members, has all the words: name, first name, date of birth
# (1984-06-17), customer number. Documents that are in no file are searched by
# title and name.
find_documents() {
  [ $# -ge 2 ] || fail "find FROM WORD…"
  from=$1
  shift
  [ -s "$key" ] || fail "there is no recovery key in $key"
  work=$(mktemp -d "${TMPDIR:-/dev/shm}/recovery.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  fetch m
  fetch t
  newest >"$work/newest"
  [ -s "$work/newest" ] || fail "there are no manifests in $(bucket records)"
  words=$(jq -cn '$ARGS.positional | map(ascii_downcase)' --args "$@")
  each person | jq -c --argjson words "$words" '
    ([.names[] | .name, .first_name] + [.birth_date, .customer_number] | join(" ") | ascii_downcase) as $text
    | select(all($words[]; . as $w | $text | contains($w))) | .subject' | jq -sc . >"$work/persons"
  each file | jq -c --argjson words "$words" --slurpfile persons "$work/persons" '
    ([.numbers[].number] | join(" ") | ascii_downcase) as $text
    | select(any(.members[].person; IN($persons[0][])) or all($words[]; . as $w | $text | contains($w)))
    | {key: .subject, value: (.numbers[0].number // "")}' | jq -sc from_entries >"$work/files"
  each document | jq -r --argjson words "$words" --slurpfile files "$work/files" '
    ([.title, .name] | join(" ") | ascii_downcase) as $text
    | select($files[0][.file] or (.file == "" and all($words[]; . as $w | $text | contains($w))))
    | [.object, ($files[0][.file] // "-"), .received, .type, .title, .name, .plain] | @tsv'
}

need age jq awk sha256sum
case ${1:-} in
  open) shift; open_recovery "$@" ;;
  get) shift; get "$@" ;;
  find) shift; find_documents "$@" ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac
