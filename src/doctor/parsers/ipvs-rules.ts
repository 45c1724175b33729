import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { shellWords } from '../command-line.ts';
import { endpoint } from './ipvs-services.ts';
import type { RealServerRecord, VirtualServerRecord } from './ipvs-services.ts';
import { readLines, recognise, skip } from './read-lines.ts';

type Building = { -readonly [K in keyof VirtualServerRecord]: K extends 'realServers' ? RealServerRecord[] : VirtualServerRecord[K] };

/** `-g` is what ipvsadm does without being told. */
const forwards: Readonly<Record<string, RealServerRecord['forward']>> = { '-g': 'route', '-i': 'tunnel', '-m': 'masq', '--gatewaying': 'route', '--ipip': 'tunnel', '--masquerading': 'masq' };

const protocols: Readonly<Record<string, VirtualServerRecord['protocol']>> = { '-t': 'tcp', '--tcp-service': 'tcp', '-u': 'udp', '--udp-service': 'udp', '--sctp-service': 'sctp', '-f': 'fwm', '--fwmark-service': 'fwm' };

/**
 * The rule form that `ipvsadm -Sn` and `ipvsadm-save` print, and that /etc/sysconfig/ipvsadm keeps. It has no counters:
 * `-A -t 10.1.26.252:10051 -s sh -p 50 -M 255.255.255.0`, `-a -t 10.1.26.252:10051 -r 10.1.26.136:10051 -g -w 100`.
 */
function parse(capture: Capture): Reading<VirtualServerRecord> {
  const services = new Map<string, Building>();
  const read = readLines<VirtualServerRecord>(capture, 'ipvs-rules', (text, line) => {
    if (text.startsWith('#')) return skip;
    const words = shellWords(text);
    const what = words[0] ?? '';
    const named = Object.keys(protocols).find((option) => words.includes(option));
    if (named === undefined) return null;
    const name = words[words.indexOf(named) + 1] ?? '';
    const key = `${protocols[named] ?? ''} ${name}`;
    if (what === '-A' || what === '--add-service') {
      const made = service(words, protocols[named] ?? 'tcp', name, line);
      if (made === null) return null;
      services.set(key, made);
      return skip;
    }
    const owner = services.get(key);
    const made = what === '-a' || what === '--add-server' ? server(words, line) : null;
    if (owner === undefined || made === null) return null;
    owner.realServers.push(made);
    return skip;
  });
  return { records: [...services.values(), ...read.records], unread: read.unread };
}

function service(words: readonly string[], protocol: VirtualServerRecord['protocol'], name: string, source: SourceLine): Building | null {
  const persistent = value(words, '-p', '--persistent');
  const flags = value(words, '-b', '--sched-flags');
  const base = {
    kind: 'virtual-server', source, scheduler: value(words, '-s', '--scheduler') ?? '', persistent: persistent !== null && /^\d{1,9}$/.test(persistent) ? Number(persistent) : null,
    persistenceMask: value(words, '-M', '--netmask'), onePacket: words.includes('-o') || words.includes('--ops'), flags: flags === null ? [] : flags.split(','),
  } as const;
  if (protocol === 'fwm') return /^\d{1,10}$/.test(name) ? { ...base, realServers: [], protocol, vip: null, portText: '', port: null, mark: Number(name) } : null;
  const end = endpoint(name);
  return end === null ? null : { ...base, realServers: [], protocol, vip: end.address, portText: end.portText, port: end.port, mark: null };
}

function server(words: readonly string[], source: SourceLine): RealServerRecord | null {
  const end = endpoint(value(words, '-r', '--real-server') ?? '');
  if (end === null) return null;
  const weight = value(words, '-w', '--weight');
  return { source, ...end, forward: words.map((word) => forwards[word]).find((each) => each !== undefined) ?? 'route', weight: weight !== null && /^\d{1,9}$/.test(weight) ? Number(weight) : 1, active: null, inactive: null };
}

function value(words: readonly string[], ...names: readonly string[]): string | null {
  const at = words.findIndex((word) => names.includes(word));
  const next = at < 0 ? undefined : words[at + 1];
  return next === undefined || next.startsWith('-') ? null : next;
}

export const ipvsRules: Parser<'ipvs-rules', VirtualServerRecord> = {
  format: 'ipvs-rules',
  commands: ['ipvsadm -Sn'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => (program === 'ipvsadm' && words.some((word) => /^-n?S|^--save/.test(word))) || program === 'ipvsadm-save' || /^\/etc\/(?:sysconfig\/ipvsadm|ipvsadm\.rules)$/.test(program),
    (text) => /^-A (?:-[tuf]|--(?:tcp|udp|sctp|fwmark)-service) \S+ -s \w+/.test(text),
  ),
  parse,
};
