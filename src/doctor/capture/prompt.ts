import { shellWords } from '../command-line.ts';

/** A line that a shell printed before somebody typed: who was asked, and what. */
export interface Prompt {
  /** Host in the prompt; null for a bare `$` or `#`. */
  readonly host: string | null;
  readonly command: string;
}

/**
 * Programs whose name after a bare `# ` or `$ ` makes the line a prompt. A bare `# ` alone is not enough: iptables-save, nginx -T,
 * configuration files and people's remarks start lines with it as well.
 */
const programs = new Set([
  'ip', 'arp', 'arping', 'ping', 'ping6', 'traceroute', 'tracepath', 'mtr', 'ss', 'netstat', 'nstat', 'bridge', 'brctl', 'ethtool', 'tc', 'ifconfig', 'route',
  'ipvsadm', 'conntrack', 'iptables', 'ip6tables', 'iptables-save', 'ip6tables-save', 'iptables-legacy', 'iptables-legacy-save', 'iptables-nft', 'iptables-nft-save', 'xtables-nft-multi', 'nft', 'ipset', 'ebtables', 'arptables',
  'sysctl', 'dmesg', 'journalctl', 'systemctl', 'lsmod', 'modprobe', 'uname', 'hostname', 'date', 'cat', 'grep', 'egrep', 'zcat', 'head', 'tail', 'less', 'echo', 'ls', 'ps', 'uptime', 'getenforce', 'tcpdump', 'tshark',
  'keepalived', 'haproxy', 'socat', 'nginx', 'openssl', 'curl', 'wget', 'nc', 'ncat', 'telnet', 'dig', 'host', 'nslookup', 'resolvectl', 'getent',
  'kubectl', 'oc', 'docker', 'podman', 'crictl', 'kube-proxy', 'virsh', 'ovs-vsctl', 'ovs-ofctl', 'ovs-appctl', 'openstack', 'neutron', 'nova',
  'sudo', 'watch', 'timeout', 'env', 'nsenter', 'chroot', 'ssh', 'for', 'while', 'kill', 'fairway', 'lscpu', 'free', 'sos', 'firewall-cmd', 'ufw',
]);

/** `host`, `node1.example.com`, and masked names such as `***-24-69-3`. */
const hostName = '[A-Za-z0-9*][A-Za-z0-9_.*-]{0,252}';

const bracketed = new RegExp(`^\\s*\\[(?:[\\w.-]+)@(${hostName})(?:\\s+[^\\]]{0,200})?\\]\\s{0,2}[#$%>]\\s{0,4}(.*)$`);
const userAtHost = new RegExp(`^\\s*(?:\\([\\w .-]{1,40}\\)\\s*)?[\\w.-]{1,32}@(${hostName})\\s?[:\\s][^#$%]{0,200}?[#$%]\\s{1,4}(.*)$`);
const shellVersion = /^\s*(?:sh|bash|ash)-\d+\.\d+[#$]\s*(.*)$/;
const containerRoot = /^\s*\/(?:[\w./-]{0,100})?\s[#$]\s+(.*)$/;
const arrow = /^\s*(?:➜|❯|λ|›)\s+(.*)$/u;
const bare = /^\s{0,3}([$#%])\s{1,4}(\S.*)$/;
const bareTight = /^([$#])([a-z][\w-]*\s.*)$/;

/** The prompt on this line, or null. Never slow: every expression above is anchored and bounded. */
export function prompt(text: string): Prompt | null {
  if (text.length > 4096) return null;
  const first = text.charCodeAt(0);
  // Cheap refusal for the mass of lines: letters and digits at the start can only be `user@host...` or `sh-4.2$`.
  if (first >= 48 && first <= 57) return null;
  const named = bracketed.exec(text) ?? (text.includes('@') ? userAtHost.exec(text) : null);
  if (named) return { host: named[1] ?? null, command: (named[2] ?? '').trim() };
  const shell = shellVersion.exec(text) ?? containerRoot.exec(text);
  if (shell) return { host: null, command: (shell[1] ?? '').trim() };
  const arrowed = arrow.exec(text);
  if (arrowed) return { host: null, command: afterDirectory((arrowed[1] ?? '').trim()) };
  const sign = bare.exec(text) ?? bareTight.exec(text);
  if (sign && startsKnownProgram(sign[2] ?? '')) return { host: null, command: (sign[2] ?? '').trim() };
  return null;
}

/** `➜  dir git:(main) cmd`: the words before the first known program are directory and branch. */
function afterDirectory(text: string): string {
  const words = text.split(/\s+/);
  const at = words.findIndex((word) => programs.has(word));
  if (at >= 0 && at <= 3) return words.slice(at).join(' ');
  return text;
}

function startsKnownProgram(text: string): boolean {
  const raw = text.split(/\s+/, 1)[0] ?? '';
  if (raw.startsWith('#')) return false;
  const program = raw.slice(raw.lastIndexOf('/') + 1);
  // A sentence that starts with a program's name ends in a full stop or has no options: `# ip forwarding must be on`.
  if (!programs.has(program)) return false;
  return looksTyped(program, shellWords(text).slice(1));
}

const verbs: Readonly<Record<string, RegExp>> = {
  ip: /^(?:-|a$|ad|addr|l$|li|link|n$|ne|neigh|r$|ro|route|ru|rule|netns|xfrm|tunnel|maddr|vrf|nexthop|monitor|token)/,
  host: /\./, watch: /./, date: /^(?:-|\+|$)/, for: /^\w+$/, while: /^(?:true|:|sleep|\[)/, free: /^-/, route: /^(?:-|add|del|$)/, head: /^-|^\//, tail: /^-|^\//, less: /^\//, kill: /^-|^\d/, echo: /./, ls: /^-|\/|^$/,
};

function looksTyped(program: string, words: readonly string[]): boolean {
  const rule = verbs[program];
  if (rule === undefined) return true;
  return rule.test(words[0] ?? '');
}
