import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { mac } from '../address.ts';
import { shellWords } from '../command-line.ts';
import { addressSet, names, numbers } from '../model/firewall/field.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import type { IpSet, IpSetDimension } from '../model/firewall/ip-set.ts';
import { protocolNumber } from '../model/firewall/protocols.ts';
import type { SetElement } from '../model/firewall/rule.ts';
import { recognise, whyNoOutput } from './read-lines.ts';

/**
 * `ipset save`:
 *
 *     create web hash:ip,port family inet hashsize 1024 maxelem 65536 timeout 300
 *     add web 10.0.0.1,tcp:80 timeout 12
 *     create nets hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x1b31ee2e
 *     add nets 10.1.0.0/16 nomatch
 *
 * `ipset list` says the same in blocks of `Name:`, `Type:`, `Header:`, `Members:`.
 */
export const ipset: Parser<'ipset', IpSet> = {
  format: 'ipset',
  commands: ['ipset save', 'ipset list'],
  recognises: (capture) => recognise(capture, (typed) => typed.program === 'ipset', (text) => /^create \S+ (?:hash|bitmap|list):\S+/.test(text) || /^Type: (?:hash|bitmap|list):/.test(text)),
  parse: parseIpset,
};

interface Draft {
  readonly name: string;
  readonly source: SourceLine;
  type: string;
  header: string;
  readonly elements: SetElement[];
  readonly members: string[];
  steady: boolean;
}

function parseIpset(capture: Capture): Reading<IpSet> {
  const unread: Unread[] = [];
  const drafts = new Map<string, Draft>();
  let listed: Draft | null = null;
  let inMembers = false;
  for (let index = 0; index < capture.lines.length; index++) {
    const line = sourceLine(capture, index);
    const text = line.text.trim();
    if (text === '') continue;
    const words = text.includes('"') ? shellWords(text) : text.split(/\s+/);
    if (words[0] === 'create' && words[2] !== undefined) {
      drafts.set(words[1] ?? '', draft(words[1] ?? '', words[2], words.slice(3).join(' '), line));
      continue;
    }
    if (words[0] === 'add' && words[2] !== undefined) {
      const set = drafts.get(words[1] ?? '');
      if (set === undefined || !add(set, words[2], words.slice(3))) unread.push(unreadLine(capture, line, 'ipset', set === undefined ? 'an element of a set that is not captured' : 'not an element that can be read'));
      continue;
    }
    const label = /^(Name|Type|Revision|Header|Size in memory|References|Number of entries|Members|Default|Comment):\s*(.*)$/.exec(text);
    if (label) {
      inMembers = label[1] === 'Members';
      if (label[1] === 'Name') {
        listed = draft(label[2] ?? '', '', '', line);
        drafts.set(listed.name, listed);
      } else if (listed !== null && label[1] === 'Type') listed.type = label[2] ?? '';
      else if (listed !== null && label[1] === 'Header') setHeader(listed, label[2] ?? '');
      continue;
    }
    if (inMembers && listed !== null && add(listed, words[0] ?? '', words.slice(1))) continue;
    unread.push(unreadLine(capture, line, 'ipset', whyNoOutput(text) ?? 'not a line of ipset'));
  }
  return { records: [...drafts.values()].map(finish), unread };
}

function draft(name: string, type: string, header: string, source: SourceLine): Draft {
  const made: Draft = { name, source, type, header: '', elements: [], members: [], steady: true };
  setHeader(made, header);
  return made;
}

function setHeader(set: Draft, header: string): void {
  set.header = header;
  // A default timeout of 0 means that entries stay.
  if (/\btimeout [1-9]/.test(header)) set.steady = false;
}

function dimensionsOf(type: string): readonly IpSetDimension[] {
  return (type.split(':')[1] ?? '').split(',').filter((one): one is IpSetDimension => ['ip', 'net', 'port', 'mac', 'iface', 'mark', 'set'].includes(one));
}

function add(set: Draft, element: string, options: readonly string[]): boolean {
  const dimensions = dimensionsOf(set.type);
  if (dimensions[0] === 'set') {
    set.members.push(element);
    return true;
  }
  const values: ValueSet[] = [];
  const parts = element.split(',');
  for (const [index, dimension] of dimensions.entries()) {
    const read = readPart(dimension, parts[index]);
    if (read === null) return false;
    values.push(...read);
  }
  if (values.length === 0) return false;
  const timeout = options.indexOf('timeout');
  if (timeout >= 0 && options[timeout + 1] !== '0') set.steady = false;
  set.elements.push({ values, verdict: null, except: options.includes('nomatch') });
  return true;
}

/** bitmap:ip,mac may leave the MAC out: then it takes the first one that comes. */
function readPart(dimension: IpSetDimension, part: string | undefined): readonly ValueSet[] | null {
  if (part === undefined) return dimension === 'mac' ? [{ type: 'any' }] : null;
  switch (dimension) {
    case 'ip':
    case 'net': {
      const set = addressSet([part]);
      return set === null ? null : [set];
    }
    case 'port':
      return readPort(part);
    case 'mac': {
      const value = mac(part);
      return value === null ? null : [names(value)];
    }
    case 'iface':
      return [names(part.replace(/^physdev:/, ''))];
    case 'mark': {
      const value = Number(part);
      return Number.isInteger(value) ? [numbers(value)] : null;
    }
    case 'set':
      return [];
  }
}

/** `80`, `tcp:80`, `udp:53-60`, and `icmp:echo-request` which no port fits. */
function readPort(part: string): readonly ValueSet[] | null {
  const found = /^(?:([\w-]+):)?(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
  if (!found) return /^icmp(?:v6)?:/.test(part) ? [{ type: 'any' }, numbers(-1)] : null;
  const protocol = found[1] === undefined ? null : protocolNumber(found[1]);
  if (found[1] !== undefined && protocol === null) return null;
  const low = Number(found[2]);
  return [protocol === null ? { type: 'any' } : numbers(protocol), { type: 'numbers', ranges: [[low, Number(found[3] ?? low)]] }];
}

function finish(set: Draft): IpSet {
  return {
    kind: 'ip-set',
    name: set.name,
    type: set.type,
    dimensions: dimensionsOf(set.type),
    family: /family inet6/.test(set.header) ? 6 : 4,
    elements: set.elements,
    members: set.members,
    steady: set.steady,
    source: set.source,
  };
}
