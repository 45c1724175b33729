import { dirname } from 'node:path';
import { repository } from '../../support/fairway-command.ts';

/** Folders that a host has for itself, empty at the start. /etc is a copy of the machine's, so that it can be changed freely. */
const ownFolders = ['/tmp', '/run', '/var/log', '/var/lib/haproxy'] as const;

/**
 * What the first process of a host does in its new namespaces. It then waits on its standard input: when the lab's process is gone, however it
 * ended, the pipe closes, this process ends, and the kernel ends everything else in its process namespace.
 */
export function hostSetup(name: string, marker: string): string {
  const hidden = ownFolders.find((folder) => repository.startsWith(`${folder}/`) || dirname(process.execPath).startsWith(`${folder}/`));
  return `
set -e
hostname ${name}
mount -t sysfs sysfs /sys
${ownFolders.filter((folder) => folder !== hidden).map((folder) => `[ -d ${folder} ] && mount -t tmpfs -o mode=1777 tmpfs ${folder}`).join('\n')}
mkdir -p /run/etc /run/lab /run/lock /run/keepalived
cp -a /etc/. /run/etc/
mount --bind /run/etc /etc
rm -rf /etc/keepalived /etc/haproxy /etc/sysctl.conf /etc/sysctl.d
mkdir -p /etc/keepalived /etc/haproxy /run/haproxy /var/lib/haproxy/dev
rm -f /etc/resolv.conf
: > /etc/resolv.conf
printf '127.0.0.1 localhost\\n::1 localhost\\n' > /etc/hosts
printf '%s\\n' ${name} > /etc/hostname
ip link set lo up
${ownKernelLog(marker)}
echo ready
exec cat > /dev/null
`;
}

/**
 * One kernel log serves the whole machine: without this, every host would show what other labs (and other hosts of this one) made the kernel say.
 * A host's dmesg shows what came after the lab's marker, without lines about devices and network namespaces that are not its own.
 */
function ownKernelLog(marker: string): string {
  return `
REAL=$(command -v dmesg)
cp "$REAL" /run/lab/dmesg.real
cat > /run/lab/dmesg <<'SCRIPT'
#!/bin/sh
own=" $(ls /sys/class/net | tr '\\n' ' ')"
space=$(readlink /proc/self/ns/net | tr -dc 0-9)
/run/lab/dmesg.real "$@" > /run/lab/dmesg.all || exit
awk -v marker='${marker}' -v own="$own" -v space="$space" '
  FNR == NR { if (index($0, marker)) from = FNR; next }
  FNR <= from || /fairway lab / { next }
  match($0, / dev [^ ,]+/) { foreign = index(own, " " substr($0, RSTART + 5, RLENGTH - 5) " ") == 0; if (foreign) next }
  /ll header/ && foreign { next }
  match($0, / in netns [0-9]+/) && substr($0, RSTART + 10, RLENGTH - 10) != space { next }
  { print }
' /run/lab/dmesg.all /run/lab/dmesg.all
SCRIPT
chmod 755 /run/lab/dmesg
mount --bind /run/lab/dmesg "$REAL"`;
}
