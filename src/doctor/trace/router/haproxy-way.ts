import type { Settle, SourceLine } from '../../evidence.ts';
import type { Facets } from '../../model/facets.ts';
import { settingOf } from '../../model/haproxy-settings.ts';
import type { Section } from '../../model/haproxy-settings.ts';
import type { HaproxyStatement } from '../../parsers/haproxy-config.ts';
import { holds } from './condition.ts';
import { sample } from './sample.ts';
import type { Looked, Seen } from './sample.ts';

/** What an HAProxy does with a request. */
export type Decision =
  | { readonly does: 'serve'; readonly backend: string; readonly section: Section | null }
  | { readonly does: 'redirect' | 'deny'; readonly text: string; readonly line: SourceLine }
  | { readonly does: 'nothing'; readonly text: string; readonly line: SourceLine | null }
  | { readonly does: 'unknown'; readonly because: string; readonly settle: readonly Settle[] };

export interface HaproxyWay {
  /** What decided, in order: listeners, map entries, backends. */
  readonly looked: readonly Looked[];
  readonly decision: Decision;
  /** The bind line that terminates TLS, if one does. */
  readonly terminatedBy: HaproxyStatement | null;
  /** `public_ssl > be_sni > fe_sni`. */
  readonly through: readonly string[];
}

type Haproxy = Facets['haproxy'];

/** Follows a request through the listeners and backends of one host's HAProxy, back into itself where a server is a listener of its own. */
export function haproxyWay(haproxy: Haproxy, host: string, first: Seen): HaproxyWay {
  const sections = haproxy.sections.filter((each) => each.host === host);
  const around = { host, maps: haproxy.mapEntries };
  const looked: Looked[] = [];
  const through: string[] = [];
  let seen = first;
  let terminatedBy: HaproxyStatement | null = null;
  let wanted: (bind: HaproxyStatement) => boolean = (bind) => bindsPort(bind, first.port);
  const end = (decision: Decision): HaproxyWay => ({ looked, decision, terminatedBy, through });
  for (let turn = 0; turn < 8; turn++) {
    const found = listener(sections, wanted);
    if (found === null) return end(sections.length === 0 ? { does: 'unknown', because: `HAProxy's configuration on ${host === '' ? 'the router' : host} is not in the evidence`, settle: [{ host, command: 'cat /etc/haproxy/haproxy.cfg   # OpenShift: /var/lib/haproxy/conf/haproxy.config' }] } : { does: 'nothing', text: `no listener in the configuration takes port ${String(first.port)}`, line: null });
    const { section, bind } = found;
    through.push(section.record.name);
    if (bind.args.includes('ssl')) { terminatedBy = bind; seen = { ...seen, terminated: true }; }
    looked.push({ text: `${section.record.section} ${section.record.name} binds ${bind.args[0] ?? ''}${bind.args.includes('ssl') ? ' and terminates TLS' : ''}`, line: bind.source });
    const decision = decided(sections, section, seen, around, looked);
    if (decision.does !== 'serve') return end(decision);
    through.push(decision.backend);
    const inner = decision.section === null ? null : ownListener(sections, decision.section);
    if (inner === null) return end(decision);
    looked.push({ text: `${decision.backend} has one server, a listener of this HAProxy`, line: inner.source });
    const place = (inner.args[1] ?? '').replace(/^unix@/, '');
    wanted = (bindLine) => (bindLine.args[0] ?? '').replace(/^unix@/, '') === place;
  }
  return end({ does: 'unknown', because: 'its backends lead in circles', settle: [] });
}

function listener(sections: readonly Section[], wanted: (bind: HaproxyStatement) => boolean): { readonly section: Section; readonly bind: HaproxyStatement } | null {
  for (const section of sections) {
    if (section.record.section !== 'frontend' && section.record.section !== 'listen') continue;
    const bind = section.record.statements.find((each) => each.keyword === 'bind' && wanted(each));
    if (bind !== undefined) return { section, bind };
  }
  return null;
}

/** `:443`, `*:443`, `10.0.0.1:80,10.0.0.2:80`, `:8000-8010`. Which address is left aside: the packet was for one of the host's own. */
function bindsPort(bind: HaproxyStatement, port: number): boolean {
  return (bind.args[0] ?? '').split(',').some((place) => {
    const found = /:(\d+)(?:-(\d+))?$/.exec(place);
    return found !== null && !/^(?:127\.|\[?::1\]?:)/.test(place) && port >= Number(found[1]) && port <= Number(found[2] ?? found[1]);
  });
}

/** In HAProxy's own order of phases, whatever the order of lines: tcp rules, http rules, redirects, then backends. */
const phases: readonly (readonly string[])[] = [['tcp-request'], ['http-request'], ['redirect'], ['use_backend']];

function decided(sections: readonly Section[], section: Section, seen: Seen, around: Parameters<typeof sample>[2], looked: Looked[]): Decision {
  const { statements } = section.record;
  const acls = { statements, seen, around };
  for (const phase of phases) {
    for (const each of statements) {
      if (!phase.includes(each.keyword)) continue;
      const split = each.args.findIndex((word) => word === 'if' || word === 'unless');
      const words = split < 0 ? [] : each.args.slice(split);
      const body = split < 0 ? each.args : each.args.slice(0, split);
      const ends = endsRequest(each.keyword, body);
      if (ends === null) continue;
      const held = holds(words, acls);
      if (held.is === 'unknown') return { does: 'unknown', because: `"${each.source.text.trim().slice(0, 120)}": ${held.because}`, settle: held.settle };
      if (!held.is) continue;
      looked.push(...held.looked);
      if (ends === 'backend') return named(sections, body[0] ?? '', seen, around, looked, section);
      return { does: ends, text: `${section.record.name}: ${each.source.text.trim()}`, line: each.source };
    }
  }
  if (section.record.section === 'listen' && section.record.statements.some((each) => each.keyword === 'server')) return { does: 'serve', backend: section.record.name, section };
  return toDefault(sections, section, looked);
}

function toDefault(sections: readonly Section[], section: Section, looked: Looked[]): Decision {
  const fallback = settingOf(sections, section, 'default_backend');
  if (fallback === null) return { does: 'nothing', text: `${section.record.name} has no backend for it`, line: section.record.source };
  looked.push({ text: `no rule of ${section.record.name} fits: default_backend ${fallback.args[0] ?? ''}`, line: fallback.source });
  return serve(sections, fallback.args[0] ?? '');
}

function serve(sections: readonly Section[], backend: string): Decision {
  const section = sections.find((each) => (each.record.section === 'backend' || each.record.section === 'listen') && each.record.name === backend) ?? null;
  return { does: 'serve', backend, section };
}

function endsRequest(keyword: string, body: readonly string[]): 'backend' | 'redirect' | 'deny' | null {
  if (keyword === 'use_backend') return 'backend';
  if (keyword === 'redirect') return 'redirect';
  const action = keyword === 'tcp-request' ? body[1] ?? '' : body[0] ?? '';
  if (action === 'redirect') return 'redirect';
  return ['deny', 'reject', 'tarpit', 'silent-drop', 'return', 'auth'].includes(action) ? 'deny' : null;
}

function named(sections: readonly Section[], text: string, seen: Seen, around: Parameters<typeof sample>[2], looked: Looked[], frontend: Section): Decision {
  const dynamic = /^%\[(.*)\]$/.exec(text);
  let backend = text;
  if (dynamic !== null) {
    const value = sample(dynamic[1] ?? '', seen, around);
    if (value.is === 'unknown') return { does: 'unknown', because: value.because, settle: value.settle };
    looked.push(...value.looked);
    // A name that cannot be made leads to the default backend; no further use_backend is asked (manual, "use_backend").
    if (value.is === 'nothing') return toDefault(sections, frontend, looked);
    backend = value.text;
  }
  return serve(sections, backend);
}

/** The only server of a backend, when it is a listener of this HAProxy (`127.0.0.1:10444`, a socket). */
function ownListener(sections: readonly Section[], section: Section): HaproxyStatement | null {
  const servers = section.record.statements.filter((each) => each.keyword === 'server');
  const [only] = servers;
  if (only === undefined || servers.length > 1) return null;
  const place = (only.args[1] ?? '').replace(/^unix@/, '');
  if (!/^(?:127\.|\/|abns@|\[?::1\]?:)/.test(place)) return null;
  return sections.some((each) => each.record.statements.some((bind) => bind.keyword === 'bind' && (bind.args[0] ?? '').replace(/^unix@/, '') === place)) ? only : null;
}
