import { finding } from '../findings/finding.ts';
import { hostName } from '../model/record-index.ts';
import { membersOf } from '../model/vrrp-groups.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { RecordOf } from '../parsers/parsers.ts';

type Event = RecordOf<'vrrp-event'>;

const window = 10 * 60_000;
const enough = 3;

/** VR-06: an address that moves again and again. */
export const vrFlapping = analyzer({
  name: 'vr-flapping',
  asks: 'Does the virtual address stay where it is?',
  codes: ['VR-06'],
  reads: ['vrrp'],
  *analyze(view): Generator<Answer> {
    for (const member of membersOf(view.vrrp)) {
      // A restart may be part of the flapping; a reload brings other settings.
      const whole = view.vrrp.events(member.host);
      const all = whole.slice(whole.findLastIndex(({ event }) => event === 'reloaded') + 1);
      const subject = `${member.instance} on ${hostName(member.host)}`;
      const masters = all.filter((event) => event.event === 'master' && event.instance === member.instance);
      const burst = densest(masters);
      const [first] = burst;
      const last = burst.at(-1);
      if (burst.length < enough || first === undefined || last === undefined) { if (masters.length > 0) yield nothing('VR-06', subject, masters.slice(0, 2).map((event) => event.source)); continue; }
      const between = all.filter((event) => event.source.file === first.source.file && event.source.line >= first.source.line - 20 && event.source.line <= last.source.line);
      const cause = between.find((event) => event.event === 'script-timeout') ?? between.find((event) => event.event === 'script-failed') ?? between.find((event) => event.event === 'thread-timer');
      yield fault(finding('VR-06', {
        host: member.host, about: [about.host(member.host), ...member.vips.map(about.address)],
        args: { host: hostName(member.host), instance: member.instance, times: String(burst.length), span: spanOf(first, last), why: cause === undefined ? 'the log names no cause (lost advertisements, or the other member\'s checks)' : causes[cause.event] ?? cause.text },
        proofs: [proof(member.host, first.source, 'master'), proof(member.host, last.source, `for the ${String(burst.length)}th time`), ...(cause === undefined ? [] : [proof(member.host, cause.source, 'why')])],
        rulesOut: [{ code: null, what: 'A single freeze of the machine', because: 'it happened several times within minutes', line: last.source }],
      }));
    }
  },
});

const causes: Partial<Readonly<Record<Event['event'], string>>> = { 'script-timeout': 'its check script timed out', 'script-failed': 'its check script failed now and then', 'thread-timer': 'keepalived itself stood still for seconds (load, or a frozen machine)' };

/** The longest run of changes that fits into the window. Lines without a time prove no speed. */
function densest(masters: readonly Event[]): readonly Event[] {
  let best: readonly Event[] = [];
  let from = 0;
  for (let to = 0; to < masters.length; to++) {
    while (from < to && !near(masters[from], masters[to])) from++;
    if (to - from + 1 > best.length) best = masters.slice(from, to + 1);
  }
  return best;
}

function near(a: Event | undefined, b: Event | undefined): boolean {
  const left = a?.at ?? null;
  const right = b?.at ?? null;
  return left !== null && right !== null && left.absolute === right.absolute && Math.abs(right.ms - left.ms) <= window;
}

function spanOf(first: Event, last: Event): string {
  const ms = first.at === null || last.at === null ? 0 : last.at.ms - first.at.ms;
  return ms < 120_000 ? `${String(Math.round(ms / 1000))} s` : `${String(Math.round(ms / 60_000))} min`;
}
