import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { address, mac, prefix } from '../address.ts';
import type { Address, Mac } from '../address.ts';
import { after, isJson, isObject, json, lineHaving, numberOf, readLines, recognise, skip, textOf } from './read-lines.ts';

/** `5: bond0.169@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 ... state UP` with the `link/ether` line below it. */
export interface LinkRecord {
  readonly kind: 'link';
  readonly source: SourceLine;
  readonly name: string;
  /** After the `@`: the interface underneath (VLAN, macvlan), the bridge or bond it belongs to is `master`. */
  readonly parent: string | null;
  readonly flags: readonly string[];
  /** `UP`, `DOWN`, `UNKNOWN`, `LOWERLAYERDOWN`...; null when the output has none. */
  readonly state: string | null;
  readonly mtu: number | null;
  readonly master: string | null;
  readonly mac: Mac | null;
  /** `vlan`, `macvlan`, `bridge`, `dummy`, `ipvlan`, `bond`, `vxlan`, `tun`... from `-d`; null without. */
  readonly type: string | null;
  readonly macSource: SourceLine | null;
}

/** `inet ***.24.69.222/24 brd ***.24.69.255 scope global secondary bond0.169:1` */
export interface InterfaceAddressRecord {
  readonly kind: 'interface-address';
  readonly source: SourceLine;
  readonly dev: string;
  readonly address: Address;
  readonly length: number;
  readonly scope: string | null;
  readonly secondary: boolean;
  /** `tentative`, `deprecated`, `dadfailed`, `dynamic`, `noprefixroute`... */
  readonly flags: readonly string[];
  readonly label: string | null;
}

type R = LinkRecord | InterfaceAddressRecord;

const linkTypes = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'bridge', 'bond', 'vxlan', 'dummy', 'veth', 'tun', 'ipip', 'sit', 'gre', 'wireguard', 'vrf', 'ifb', 'openvswitch', 'geneve', 'ip6tnl', 'team']);
const head = /^(\d+):\s+([^\s:@]+)(?:@([^\s:]+))?:\s+<([^>]*)>\s*(.*)$/;
/** Lines below an interface that say nothing we use: statistics, options of `-d`, lifetimes. */
const detail = /^(?:valid_lft|altname|alias|RX|TX|promiscuity|prog\/|vf \d|bridge_slave|bond_slave|permaddr|link-netns|parentbus|\d+ +\d+|\d+$|numtxqueues|addrgenmode|minmtu|protocol|tcp_|brport|state (?:forwarding|disabled)|collisns|backup_mtu|unreachable|\*|[a-z_0-9]+ (?:mode|id|flags|protocol|remote|local|ttl|forward_delay|hello_time|type|state)\b)/;

function parse(capture: Capture): Reading<R> {
  if (isJson(capture)) return parseJson(capture);
  // The link of the lines that follow; indentation is not looked at, pasted text often has none.
  let current: { -readonly [K in keyof LinkRecord]: LinkRecord[K] } | null = null;
  return readLines<R>(capture, 'ip-address', (text, line) => {
    const found = head.exec(text);
    if (found) {
      const words = (found[5] ?? '').split(/\s+/);
      current = {
        kind: 'link', source: line, name: found[2] ?? '', parent: found[3] ?? null, flags: (found[4] ?? '').split(',').filter((flag) => flag !== ''),
        state: after(words, 'state'), mtu: numberOf(after(words, 'mtu')), master: after(words, 'master'), mac: null, type: null, macSource: null,
      };
      return current;
    }
    const oneLine = /^\d+:\s+(\S+)\s+(inet6?\s.*)$/.exec(text);
    if (oneLine) return interfaceAddress(oneLine[2] ?? '', (oneLine[1] ?? '').replace(/@.*$/, ''), line);
    const brief = /^([^\s@:]+)(?:@(\S+))?\s+(UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)\b\s*(.*)$/.exec(text);
    if (brief) return briefRecords(brief, line);
    if (text.startsWith('inet ') || text.startsWith('inet6 ')) return current ? interfaceAddress(text, current.name, line) : null;
    if (text.startsWith('link/')) {
      if (current === null) return null;
      const token = mac(text.split(/\s+/)[1] ?? '');
      if (token !== null) { current.mac = token; current.macSource = line; }
      const further = text.split(/\s+/).find((word, index) => index > 1 && linkTypes.has(word));
      if (further !== undefined) current.type = further;
      return skip;
    }
    const type = text.split(/\s+/, 1)[0] ?? '';
    if (current !== null && linkTypes.has(type)) { current.type = type; return skip; }
    return detail.test(text) ? skip : null;
  });
}

/** `inet 10.0.0.1 peer 10.0.0.2/32 scope global tun0`, `inet 10.0.0.1/24 brd + scope global secondary noprefixroute eth0:1` */
function interfaceAddress(text: string, dev: string, line: SourceLine): InterfaceAddressRecord | null {
  const words = text.replace(/\\.*$/, '').trim().split(/\s+/);
  const net = prefix(words[1] ?? '');
  if (net === null) return null;
  const scope = after(words, 'scope');
  const rest = scope === null ? [] : words.slice(words.indexOf('scope') + 2);
  const flags = rest.filter((word) => /^(?:secondary|dynamic|tentative|deprecated|dadfailed|noprefixroute|mngtmpaddr|temporary|home|nodad|permanent|stable-privacy|proto|kernel_\w+)$/.test(word));
  const label = rest.find((word) => word === dev || word.startsWith(`${dev}:`)) ?? null;
  return { kind: 'interface-address', source: line, dev, address: net.address, length: net.length, scope, secondary: flags.includes('secondary'), flags, label };
}

/** `eth0@if5  UP  10.0.0.1/24 fe80::1/64` of `ip -br address`, `eth0 UP 02:.. <FLAGS>` of `ip -br link`. */
function briefRecords(found: RegExpExecArray, line: SourceLine): R[] {
  const words = (found[4] ?? '').split(/\s+/);
  const token = mac(words[0] ?? '');
  const flags = /<([^>]*)>/.exec(found[4] ?? '')?.[1]?.split(',') ?? [];
  const dev = found[1] ?? '';
  const link: LinkRecord = { kind: 'link', source: line, name: dev, parent: found[2] ?? null, flags, state: found[3] ?? null, mtu: null, master: null, mac: token, type: null, macSource: token === null ? null : line };
  const held = words.flatMap((word): InterfaceAddressRecord[] => {
    const net = word.includes('/') ? prefix(word) : null;
    return net === null ? [] : [{ kind: 'interface-address', source: line, dev, address: net.address, length: net.length, scope: null, secondary: false, flags: [], label: null }];
  });
  return [link, ...held];
}

function parseJson(capture: Capture): Reading<R> {
  const read = json(capture);
  if ('reason' in read) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'ip-address', read.reason)] };
  const records: R[] = [];
  let at = 0;
  for (const item of Array.isArray(read.value) ? read.value : [read.value]) {
    if (!isObject(item)) continue;
    const name = textOf(item['ifname']);
    if (name === null) continue;
    at = lineHaving(capture, at, `"${name}"`);
    const line = sourceLine(capture, at);
    const info = item['linkinfo'];
    const token = mac(textOf(item['address']) ?? '');
    records.push({
      kind: 'link', source: line, name, parent: textOf(item['link']), flags: (Array.isArray(item['flags']) ? item['flags'] : []).flatMap((flag) => textOf(flag) ?? []),
      state: textOf(item['operstate']), mtu: numberOf(item['mtu']), master: textOf(item['master']), mac: token,
      type: isObject(info) ? textOf(info['info_kind']) : null, macSource: token === null ? null : line,
    });
    for (const held of Array.isArray(item['addr_info']) ? item['addr_info'] : []) {
      if (!isObject(held)) continue;
      const local = address(textOf(held['local']) ?? '');
      if (local === null) continue;
      at = lineHaving(capture, at, textOf(held['local']) ?? '');
      const flags = ['secondary', 'tentative', 'deprecated', 'dadfailed', 'dynamic', 'noprefixroute'].filter((flag) => held[flag] === true);
      records.push({
        kind: 'interface-address', source: sourceLine(capture, at), dev: name, address: local, length: numberOf(held['prefixlen']) ?? (local.includes(':') ? 128 : 32),
        scope: textOf(held['scope']), secondary: flags.includes('secondary'), flags, label: textOf(held['label']),
      });
    }
  }
  return { records, unread: [] };
}

export const ipAddress: Parser<'ip-address', R> = {
  format: 'ip-address',
  commands: ['ip -d address show', 'ip -d link show'],
  recognises: (capture) => recognise(
    capture,
    ({ program, operands }) => program === 'ip' && /^(?:a|ad|addr|addre|addres|address|l|li|lin|link)$/.test(operands[0] ?? ''),
    (text) => head.test(text) || /^\[?\s*\{\s*"ifindex"/.test(text) || /^"ifindex":/.test(text) || /^\d+:\s+\S+\s+inet6?\s/.test(text),
  ),
  parse,
};
