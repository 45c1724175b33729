/** The name of the channel's device on both sides. */
export const channelName = 'fairway.labs';

/** The virtual machine ends by itself after that long, should nobody end it. */
export const longestSeconds = 7200;

/**
 * (Not run by busybox: its shell prefers its own programs to those of this machine.)
 * The first program of the virtual machine. It then answers questions that come in on the channel, a line each:
 *
 *     ID SECONDS BASE64-OF-A-SHELL-LINE  ->  ID CODE BASE64-OF-BOTH-OUTPUTS
 *
 * Questions run at the same time; answers come as they end. `0` tells that it is ready. When the other side closes the channel, the machine ends.
 */
export const init = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox HOME=/root LANG=C.UTF-8
mount -t devtmpfs devtmpfs /dev
/busybox/busybox --install -s /busybox
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /dev/pts /agent /labs
mount -t devpts devpts /dev/pts
( sleep ${String(longestSeconds)}; poweroff -f ) &
hostname machine
ip link set lo up
modprobe -a virtio_pci virtio_console
# They come with the first rule or service by themselves; br_netfilter does not, and its sysctls must be there.
modprobe -a ip_vs nf_conntrack nf_conntrack_netlink br_netfilter nf_tables nft_compat tcp_diag
port=
while [ -z "$port" ]; do
  for each in /sys/class/virtio-ports/*; do
    [ "$(cat "$each/name" 2>/dev/null)" = ${channelName} ] && port=/dev/\${each##*/}
  done
  [ -n "$port" ] || sleep 0.1
done
exec 3<>"$port"
echo '0 0 ' >&3

answer() {
  printf '%s\\n' "$3" | base64 -d > "/agent/$1.sh"
  timeout -k 1 "$2" sh "/agent/$1.sh" > "/agent/$1.out" 2>&1 < /dev/null
  code=$?
  flock /agent/lock sh -c "printf '%s %s ' $1 $code; base64 -w0 /agent/$1.out; echo" >&3
  rm -f "/agent/$1.sh" "/agent/$1.out"
}
while read -r id seconds line <&3; do
  answer "$id" "$seconds" "$line" &
done &
# A first process that waits also takes in the ended processes that nobody else waits for.
wait $!
poweroff -f
`;
