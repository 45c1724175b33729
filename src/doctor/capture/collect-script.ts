import { collectCommands, guards, haproxyQuestions, haproxySockets } from './collect-commands.ts';
import type { CollectCommand } from './collect-commands.ts';
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
rm -f "$WORK/again"
${tail}`;
}

function line({ command, guard, unless, twice, timeout = 10, lines = 50_000 }: CollectCommand): string {
  const take = `take ${String(timeout)} ${String(lines)} ${twice === true ? '2' : '1'} '${command.replaceAll("'", "'\\''")}'`;
  const first = unless === undefined ? '' : `have ${unless} || `;
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

# Addresses: every octet but the first is changed by the key and what stands before it, so that equal stays equal, and networks stay
# networks. Names: this host's. Passwords always: only whether two are equal can still be seen.
hide() {
  awk -v key="$KEY" -v redact="$REDACT" -v host="$HOST" -v short="$SHORT" '
    function hash(text,  i, h) { h = 5381; for (i = 1; i <= length(text); i++) h = (h * 33 + ord[substr(text, i, 1)] + 1) % 16777213; return h }
    function flip(a, b,  i, bit, r) { r = 0; bit = 1; for (i = 0; i < 8; i++) { if (int(a / bit) % 2 != int(b / bit) % 2) r += bit; bit *= 2 } return r }
    function ipv4(text,  p) {
      split(text, p, ".")
      if (p[1] + 0 > 255 || p[2] + 0 > 255 || p[3] + 0 > 255 || p[4] + 0 > 255) return text
      if (p[1] == 0 || p[1] == 127 || p[1] >= 224 || (p[1] == 169 && p[2] == 254)) return text
      return p[1] "." flip(p[2], hash(key p[1]) % 256) "." flip(p[3], hash(key p[1] "." p[2]) % 256) "." flip(p[4], hash(key p[1] "." p[2] "." p[3]) % 256)
    }
    function mac(text,  p, i, r) {
      if (text ~ /^(00:00:00:00:00:00|[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]:[fF][fF]|33:33:.*|01:00:5[eE]:.*|00:00:5[eE]:00:0[12]:.*)$/) return text
      split(tolower(text), p, ":")
      r = p[1] ":" p[2] ":" p[3]
      for (i = 4; i <= 6; i++) r = r sprintf(":%02x", flip(hex(p[i]), hash(key r) % 256))
      return r
    }
    function hex(text,  i, r) { r = 0; for (i = 1; i <= length(text); i++) r = r * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1; return r }
    function each(line, pattern, kind,  out, found) {
      out = ""
      while (match(line, pattern)) {
        found = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1) (kind == 4 ? ipv4(found) : kind == 6 ? "fd00::" sprintf("%x", hash(key tolower(found)) % 65536) : mac(found))
        line = substr(line, RSTART + RLENGTH)
      }
      return out line
    }
    function whole(line, from, to,  at, out) {
      out = ""
      while (length(from) > 1 && (at = index(line, from)) > 0) { out = out substr(line, 1, at - 1) to; line = substr(line, at + length(from)) }
      return out line
    }
    BEGIN { for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i }
    {
      line = $0
      if (match(line, /(auth_pass|[Pp]assword|passwd|stats auth|[Ss]et-[Cc]ookie:|[Cc]ookie:|[Aa]uthorization:|secret|token)[ \\t:=]+/))
        line = substr(line, 1, RSTART + RLENGTH - 1) "hidden-" sprintf("%06x", hash(key substr(line, RSTART + RLENGTH)))
      if (redact != "") {
        line = each(line, "[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f][0-9A-Fa-f]", 1)
        line = each(line, "[23][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]:[0-9A-Fa-f:]*:[0-9A-Fa-f]*", 6)
        line = each(line, "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+", 4)
        line = whole(line, host, "host-" sprintf("%06x", hash(key host)))
        line = whole(line, short, "host-" sprintf("%06x", hash(key host)))
      }
      print line
    }'
}

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

# Whether a part of the kernel is there already: as a module, built in (modules.builtin), or by one of its symbols.
guard() {
  [ -d "/sys/module/$1" ] && return 0
  grep -qs "/$1.ko" "/lib/modules/$(uname -r)/modules.builtin" && return 0
  grep -qs " $2$" /proc/kallsyms
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

# run SAMPLE SECONDS LINES COMMAND
run() {
  NUMBER=$((NUMBER + 1))
  file=$(printf '%03d.txt' "$NUMBER")
  started=$(date +%s)
  # The exit code of the command, not of what cuts and hides: it goes through a file.
  { limited "$2" "$4" 2>&1; echo $? > "$WORK/code"; } < /dev/null | head -n "$3" | hide > "$WORK/$file"
  code=$(cat "$WORK/code" 2>/dev/null)
  if grep -qs 'PRIVATE KEY-----' "$WORK/$file"; then echo 'left out: a private key' > "$WORK/$file"; fi
  printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$file" "$1" "$started" "\${code:-1}" "$([ -n "$REDACT" ] && printf '%s\\n' "$4" | hide || printf '%s\\n' "$4")" >> "$WORK/${manifestName}"
  rm -f "$WORK/code"
}

# take SECONDS LINES SAMPLES COMMAND: if its program and its file are here.
take() {
  program=\${4%% *}
  have "$program" || return 0
  case $4 in "cat "*) [ -r "\${4#cat }" ] || return 0 ;; esac
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
