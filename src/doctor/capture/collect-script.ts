import { collectCommands, guards, haproxyMasterSockets, haproxyQuestions, haproxySockets } from './collect-commands.ts';
import type { CollectCommand } from './collect-commands.ts';
import { hideFunction } from './collect-redact.ts';
import { manifestName, manifestVersion } from './manifest.ts';

/**
 * The collecting script: POSIX sh, no dependencies, read in two minutes. It only reads; every command has a time-out; what would load
 * a kernel module is left out unless the module is there. Runs as a file, or as `ssh host sh -s - -o - < collect.sh`.
 */
export function collectScript(version: string): string {
  return `${head(version)}
${collectCommands.map(line).join('\n')}

# HAProxy's runtime sockets, asked only if socat is here.
if have socat; then
  for socket in ${haproxySockets.join(' ')} $HAPROXY_SOCKETS; do
    [ -S "$socket" ] || continue
${haproxyQuestions.map(({ ask, twice }) => `    take 10 50000 ${twice === true ? '2' : '1'} "echo '${ask}' | socat -t 5 stdio $socket"`).join('\n')}
  done
  for socket in ${haproxyMasterSockets.join(' ')}; do
    [ -S "$socket" ] && take 10 50000 1 "echo 'show proc' | socat -t 5 stdio $socket"
  done
fi

# Addresses named with -a: who answers for them. Requests only; nothing is announced.
for address in $ADDRESSES; do
  device=$(ip route get "$address" 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
  take 15 200 1 "ping -n -c 2 -W 2 $address"
  [ -n "$device" ] && take 15 200 1 "arping -b -c 3 -I $device $address"
  take 5 50 1 "ip route get $address"
done

if [ -s "$WORK/again" ]; then
  sleep "$PAUSE"
  while IFS='	' read -r seconds most command; do
    run 2 "$seconds" "$most" "$command"
  done < "$WORK/again"
fi
rm -f "$WORK/again" "$WORK/code"
${tail}`;
}

function line({ command, guard, unless, withoutJournal, twice, timeout = 10, lines = 50_000 }: CollectCommand): string {
  const take = `take ${String(timeout)} ${String(lines)} ${twice === true ? '2' : '1'} '${command.replaceAll("'", "'\\''")}'`;
  const first = unless !== undefined ? `have ${unless} || ` : withoutJournal === true ? '[ -d /var/log/journal ] || [ -d /run/log/journal ] || ' : '';
  if (guard === undefined) return `${first}${take}`;
  if (guard === 'filter') return `filter_guard ${command.split(' ', 1)[0] ?? ''} && ${take}`;
  return `${first}{ guard ${guards[guard].module} ${guards[guard].symbol} && ${take}; }`;
}

function head(version: string): string {
  return `#!/bin/sh
# fairway collect ${version}: evidence of this host for "fairway doctor".
# Reads only. Every command has a time-out. Kernel modules are never loaded. Private keys are never taken.
#
#   sh collect.sh [-o FILE.tar.gz | -o - | -d DIRECTORY] [-i SECONDS] [-a ADDRESS]... [-r] [-k KEY]
#
#   -o   archive to write (default: fairway-HOST-TIME.tar.gz here), - for standard output
#   -d   write plain files into this directory instead
#   -i   seconds between the two samples of counters (default 10)
#   -a   also ask the network who answers for this address (ping, arping)
#   -r   replace addresses and names by others, the same for the same; with -k KEY the same on every host
#   -k   key for -r; give the same one on every host, and keep it
#
# Over ssh:  ssh HOST sh -s - -o - < collect.sh > HOST.tar.gz
umask 077
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
OUT=; DIRECTORY=; PAUSE=10; ADDRESSES=; REDACT=; KEY=
while getopts o:d:i:a:rk: option; do
  case $option in
    o) OUT=$OPTARG ;;
    d) DIRECTORY=$OPTARG ;;
    i) PAUSE=$OPTARG ;;
    a) case $OPTARG in *[!0-9A-Fa-f.:]*) echo "collect: -a wants an address" >&2; exit 2 ;; esac; ADDRESSES="$ADDRESSES $OPTARG" ;;
    r) REDACT=1 ;;
    k) KEY=$OPTARG; REDACT=1 ;;
    *) exit 2 ;;
  esac
done
case $PAUSE in ''|*[!0-9]*) echo "collect: -i wants a number of seconds" >&2; exit 2 ;; esac
[ -n "$KEY" ] || KEY=$(od -An -N8 -tx1 /dev/urandom 2>/dev/null | tr -d ' \\n')

HOST=$(hostname 2>/dev/null || uname -n)
STAMP=$(date -u +%Y%m%dT%H%M%SZ)
SHORT=\${HOST%%.*}
TEMPORARY=
if [ -n "$DIRECTORY" ]; then
  WORK=$DIRECTORY
  mkdir -p "$WORK" || exit 4
else
  TEMPORARY=$(mktemp -d "\${TMPDIR:-/tmp}/fairway-collect.XXXXXX") || exit 4
  trap 'rm -rf "$TEMPORARY"' EXIT
  trap 'exit 130' HUP INT TERM
fi

have() { command -v "$1" >/dev/null 2>&1; }

${hideFunction}
[ -n "$REDACT" ] && SHOWN=$(printf '%s\\n' "$HOST" | hide) || SHOWN=$HOST
if [ -z "$DIRECTORY" ]; then
  WORK=$TEMPORARY/fairway-\${SHOWN%%.*}-$STAMP
  mkdir "$WORK" || exit 4
fi
: > "$WORK/again"
NUMBER=0
{
  printf '#fairway-collect\\t${manifestVersion}\\n'
  printf '#host\\t%s\\n' "\${SHOWN%%.*}"
  printf '#taken\\t%s\\n' "$STAMP"
  printf '#utc-offset\\t%s\\n' "$(date +%z)"
  printf '#kernel\\t%s\\n' "$(uname -r)"
  printf '#redacted\\t%s\\n' "\${REDACT:-0}"
} > "$WORK/${manifestName}"

# Whether a part of the kernel is there already: as a module, built in (modules.builtin), or by one of its symbols (a list of 100,000 lines: read once).
SYMBOLS=$(grep -Eos ' (${Object.values(guards).map(({ symbol }) => symbol).join('|')})$' /proc/kallsyms)
guard() {
  [ -d "/sys/module/$1" ] && return 0
  grep -qs "/$1.ko" "/lib/modules/$(uname -r)/modules.builtin" && return 0
  case $SYMBOLS in *" $2"*) return 0 ;; esac
  return 1
}

# iptables of the nft kind would load nf_tables, the legacy kind ip_tables: -V tells the kind without asking the kernel.
filter_guard() {
  have "$1" || return 1
  case $("$1" -V 2>/dev/null) in
    *nf_tables*) guard ${guards.nftables.module} ${guards.nftables.symbol} ;;
    *) guard ${guards.iptables.module} ${guards.iptables.symbol} ;;
  esac
}

limited() {
  if have timeout; then timeout "$1" sh -c "$2"; else
    sh -c "$2" & child=$!
    ( sleep "$1"; kill "$child" 2>/dev/null ) >/dev/null 2>&1 & watch=$!
    wait "$child"; code=$?
    kill "$watch" 2>/dev/null
    return $code
  fi
}

# Seconds since the epoch into started, without a process for each command: what the host has been up for since the script began.
BEGAN=$(date +%s)
UP=
[ -r /proc/uptime ] && read -r UP UNUSED < /proc/uptime
now() {
  if [ -z "$UP" ]; then started=$(date +%s); return; fi
  read -r up UNUSED < /proc/uptime
  started=$((BEGAN + \${up%%.*} - \${UP%%.*}))
}

# run SAMPLE SECONDS LINES COMMAND
run() {
  NUMBER=$((NUMBER + 1))
  file=$(printf '%03d.txt' "$NUMBER")
  now
  # The exit code of the command, not of what cuts and hides: it goes through a file.
  : > "$WORK/code"
  { limited "$2" "$4" 2>&1; echo $? > "$WORK/code"; } < /dev/null | head -n "$3" | hide > "$WORK/$file"
  read -r code < "$WORK/code" || code=
  if grep -qs 'PRIVATE KEY-----' "$WORK/$file"; then echo 'left out: a private key' > "$WORK/$file"; fi
  shown=$4
  [ -n "$REDACT" ] && shown=$(printf '%s\\n' "$4" | hide)
  printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$file" "$1" "$started" "\${code:-1}" "$shown" >> "$WORK/${manifestName}"
}

# take SECONDS LINES SAMPLES COMMAND: if its program and its file are here.
take() {
  program=\${4%% *}
  have "$program" || return 0
  case $4 in "cat "/* | "tail -n "*) [ -r "\${4##* }" ] || return 0 ;; esac
  run 1 "$1" "$2" "$4"
  [ "$3" = 2 ] && printf '%s\\t%s\\t%s\\n' "$1" "$2" "$4" >> "$WORK/again"
  return 0
}
`;
}

const tail = `
[ -n "$DIRECTORY" ] && exit 0
NAME=$(basename "$WORK")
if [ "$OUT" = - ]; then
  tar -C "$TEMPORARY" -czf - "$NAME"
else
  [ -n "$OUT" ] || OUT=$NAME.tar.gz
  tar -C "$TEMPORARY" -czf "$OUT" "$NAME" || exit 4
  echo "$OUT"
fi
`;
