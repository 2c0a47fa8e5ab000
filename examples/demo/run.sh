#!/bin/bash
# Plans and applies bundles.yaml, runs the four containers, asks each for an answer, and leaves nothing running.
# `make demo` calls it when the program and the images are made. Root is not needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Where Debian keeps runc, and a plain user's shell may not look.
PATH=$PATH:/usr/sbin:/sbin

logs=$(mktemp -d)
started=()

ctrbuild() { node dist/ctrbuild.js "$@"; }

step() { printf '\n== %s\n' "$1"; }

fail() {
  echo "demo: $1" >&2
  exit 1
}

# Ends what was started, and only that.
stop() {
  local name
  for name in "${started[@]}"; do ctrbuild stop "$name-$$"; done
  started=()
}
trap 'stop; rm -rf "$logs"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME: runs a bundle under runc in the background, as its own script would: out/NAME/run-runc --detach
start() {
  started+=("$1")
  ctrbuild run "$1" --runtime runc --name "$1-$$" --detach
}

# await NAME COMMAND…: repeats the command until it answers; prints the answer.
await() {
  local name=$1 tries
  shift
  for ((tries = 0; tries < 200; tries++)); do
    "$@" && return
    sleep 0.1
  done
  ctrbuild logs "$name-$$" | tail -n 5 >&2
  fail "$name does not answer"
}

listens() { (: 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# talk PORT TEXT: sends a text, prints what comes back until the other side has no more to say.
talk() { { printf '%b' "$2" >&3 && timeout 5 cat <&3; } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1"; }

ping_redis() { talk 16379 'PING\r\nQUIT\r\n' | grep -o PONG; }

# fetch PORT PATH PATTERN: an answer's body, if it is as expected.
fetch() { talk "$1" "GET $2 HTTP/1.0\r\nHost: localhost\r\n\r\n" | sed '1,/^\r$/d' | grep "$3"; }

[[ -f dist/ctrbuild.js && -f examples/images/index.json ]] || fail 'there is no program or no images yet; run: make demo'
for port in 16379 18080 12379 12380; do
  ! listens "$port" || fail "port $port of this machine is in use, and the demo needs it"
done

step 'ctrbuild plan'
# Debian's packages may have changed since the last time, and the images with them.
ctrbuild lock --upgrade >/dev/null
ctrbuild plan

step 'ctrbuild apply'
ctrbuild apply

step 'Containers'
for name in redis nginx etcd; do start "$name"; done
answer=$(await redis ping_redis)
echo "redis,   PING:     $answer"
answer=$(await nginx fetch 18080 / '^<title>')
echo "nginx,   /:        $answer"
answer=$(await etcd fetch 12379 /health '"health":"true"')
echo "etcd,    /health:  $answer"
answer=$(out/busybox/run-bwrap -- /bin/busybox uname -a </dev/null 2>&1) || fail "busybox does not run: $answer"
echo "busybox, uname -a: $answer"

step 'ctrbuild ps, exec, stop'
ctrbuild ps | grep -e '^NAME' -e "-$$ "
echo "exec: $(ctrbuild exec "redis-$$" redis-cli -- -p 16379 ping)"
stop

step 'ctrbuild plan, once more'
plan=$(ctrbuild plan) || fail 'the second plan failed'
echo "$plan"
grep -q 'No changes' <<<"$plan" || fail 'there should be nothing left to do'
ostree fsck --quiet --repo=.ctrbuild/repo >"$logs/fsck" 2>&1 || { cat "$logs/fsck" >&2; fail 'the store is damaged'; }

step 'Summary'
size() { du -s --apparent-size --block-size=1 "$1" | cut -f1; }
apart=0
for name in redis nginx etcd busybox; do ((apart += $(size "out/$name/rootfs/"))); done
once=$(size .ctrbuild/repo/objects)
echo "Everything answered and was stopped again; ostree fsck finds the store sound."
echo "Four root file systems: $((apart / 1000000)) MB apart, $((once / 1000000)) MB in the store they are linked from."
