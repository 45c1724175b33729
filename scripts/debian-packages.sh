#!/bin/sh
# The programs from the distribution that Fairway, its tests and its labs use, each with the reason.
#
#   sh scripts/debian-packages.sh list GROUP       name every package of the group with its reason
#   sh scripts/debian-packages.sh install GROUP    install what is missing (apt-get, as root), or say what to install
#
# Groups: run (serve traffic), test (npm test), bench (npm run bench), labs (npm run labs). A program that is already there is never replaced: it is looked for by
# the command it brings, so other distributions and hand-made builds count too.
set -eu

# group command package reason
packages() {
  cat <<'TABLE'
run  haproxy  haproxy         serves the traffic; 2.6 (Debian 12) is the oldest version that is tested
test haproxy  haproxy         feature tests drive the real program
test openssl  openssl         makes the certificates of the tests; s_client as a second opinion on TLS
test curl     curl            a client that is not Node, for the examples in the manual
test nghttp   nghttp2-client  HTTP/2 client that shows frames, for h2 towards clients and members
test socat    socat           changes HAProxy by hand on its socket, as an operator would
test ip       iproute2        network namespaces, in which the packet filter simulator is held beside the kernel
test iptables-legacy-restore iptables both engines of iptables, for the same
test nft      nftables        nft's own rules, and the sets that say what arrived
test ipset    ipset           sets that iptables rules ask
test conntrack conntrack      empties the connection table between rule sets
test tcpreplay tcpreplay      puts made-up frames on a wire of such a namespace
test keepalived keepalived    labs: two real members of a VRRP group
test arping   iputils-arping  labs: who answers for an address
test ping     iputils-ping    labs: whether an address answers at all
test dig      bind9-dnsutils  labs: asks resolvers, as people do
labs ip       iproute2        hosts, cables and switches made of namespaces
labs haproxy  haproxy         the router in labs about routers
labs openssl  openssl         certificates, and s_client as the one who looks
labs curl     curl            the client
labs socat    socat           asks HAProxy's socket when evidence is collected
labs keepalived keepalived    real members of a VRRP group
labs arping   iputils-arping  who answers for an address
labs ping     iputils-ping    whether an address answers at all
labs iptables-legacy-restore iptables packet filters of both engines
labs nft      nftables        nft's own rules
labs conntrack conntrack      the connection table, as evidence
labs qemu-system-x86_64 qemu-system-x86 a kernel with IPVS for the labs about LVS, in a small virtual machine
labs busybox  busybox-static  the first steps of that machine, and the programs that are not installed here
labs ipvsadm  ipvsadm         directors
labs dig      bind9-dnsutils  asks resolvers, as people do
labs xz       xz-utils        unpacks the modules of newer kernels
bench haproxy  haproxy         what is measured, and what answers as members
bench wrk      wrk             load, keep-alive and a connection for each request
bench taskset  util-linux      keeps clients and members off the core of the HAProxy that is measured
TABLE
}

# Debian keeps haproxy and ip in sbin, which an ordinary user's PATH often lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing() {
  packages | while read -r group command package _reason; do
    [ "$group" = "$1" ] || continue
    command -v "$command" >/dev/null 2>&1 || printf '%s\n' "$package"
  done | sort -u
}

install() {
  wanted=$(missing "$1" | tr '\n' ' ')
  [ -n "$wanted" ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing from the distribution: %s\n' "$wanted" >&2
    export DEBIAN_FRONTEND=noninteractive
    # Package lists may be absent or stale on a fresh machine; an update that fails is told by the install after it.
    apt-get update -qq >&2 || true
    # shellcheck disable=SC2086 # a list of words on purpose
    apt-get install -y -qq --no-install-recommends $wanted >&2 </dev/null
    still=$(missing "$1" | tr '\n' ' ')
    [ -z "$still" ] && return 0
    wanted=$still
  fi
  printf 'Missing programs. Please install: %s(on Debian or Ubuntu: sudo apt-get install %s)\n' "$wanted" "${wanted% }" >&2
  return 1
}

case "${1:-} ${2:-}" in
  "list run" | "list test" | "list bench" | "list labs") packages | awk -v group="$2" '$1 == group { $1 = ""; $2 = ""; print substr($0, 3) }' ;;
  "missing run" | "missing test" | "missing bench" | "missing labs") missing "$2" ;;
  "install run" | "install test" | "install bench" | "install labs") install "$2" ;;
  *) printf 'usage: %s list|missing|install run|test|bench|labs\n' "$0" >&2; exit 2 ;;
esac
