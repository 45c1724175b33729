import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Chain, Rule, Table } from '../model/firewall/rule.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'firewalls' | 'conntrack' | 'probes'>;

/** FW-03: a rule that drops INVALID, and connections of which only half is seen. */
export const fwInvalid = analyzer({
  name: 'fw-invalid',
  asks: 'Are packets dropped as INVALID because their connection is seen in one direction only?',
  codes: ['FW-03'],
  reads: ['firewalls', 'conntrack', 'probes'],
  *analyze(view): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      if (captured.state !== 'known') continue;
      const rules = captured.value.tables.flatMap(invalidDrops);
      const counting = rules.filter(({ rule }) => (rule.counter?.packets ?? 0) > 0);
      const [worst] = counting.sort((a, b) => (b.rule.counter?.packets ?? 0) - (a.rule.counter?.packets ?? 0));
      const [any] = rules;
      if (any === undefined) continue;
      if (worst === undefined) {
        if (rules.every(({ rule }) => rule.counter !== null)) yield nothing('FW-03', hostName(host), rules.map(({ rule }) => rule.source));
        else yield couldNotLook('FW-03', hostName(host), 'the counters of its rules were not captured', [{ host, command: 'iptables-save -c; sleep 10; iptables-save -c' }]);
        continue;
      }
      yield judge(view, host, worst);
    }
  },
});

interface Place {
  readonly table: Table;
  readonly chain: Chain;
  readonly rule: Rule;
}

function invalidDrops(table: Table): Place[] {
  return [...table.chains.values()].flatMap((chain) => chain.rules.flatMap((rule) => {
    const invalid = rule.steps.some((step) => step.kind === 'field' && step.field === 'connectionState' && !step.not && step.within.type === 'names' && step.within.names.length === 1 && step.within.names[0] === 'INVALID');
    return invalid && rule.steps.some((step) => step.kind === 'drop' || step.kind === 'reject') ? [{ table, chain, rule }] : [];
  }));
}

/** Every host drops a stray packet as INVALID now and then: only together with half connections does it explain anything. */
function judge(view: View, host: string, { table, chain, rule }: Place): Answer {
  const growth = view.conntrack.growth(host, 'invalid');
  const before = view.firewalls.earlier(host);
  const earlier = before.state === 'known' ? before.value.tables.find((one) => one.engine === table.engine && one.name === table.name)?.chains.get(chain.name)?.rules.find((one) => one.number === rule.number)?.counter?.packets : undefined;
  const packets = rule.counter?.packets ?? 0;
  const grew = earlier === undefined ? null : packets > earlier;
  const half = view.conntrack.rows(host).filter((row) => row.unreplied && row.state === 'SYN_SENT' && (row.timeout === null || row.timeout <= 117));
  const silent = view.probes.allConnects.find(({ record }) => record.outcome === 'connected' && record.tls === 'silence');
  const stands = grew === false || (grew === null && growth.state === 'known' && growth.value.by === 0);
  const shown: readonly (readonly [SourceLine, string, string])[] = [...half.slice(0, 2).map((row) => [row.source, host, 'seen in one direction only'] as const), ...(silent === undefined ? [] : [[silent.record.tlsSource ?? silent.record.source, silent.host, 'connected, then silence'] as const])];
  if (stands) return nothing('FW-03', hostName(host), [rule.source, ...(growth.state === 'known' ? growth.lines : [])]);
  if (shown.length === 0) {
    return couldNotLook('FW-03', hostName(host), `rule ${String(rule.number)} of ${chain.name} has dropped ${String(packets)} INVALID packets; whether they belong to half connections is not in the evidence`, [{ host, command: 'conntrack -L -p tcp --state SYN_SENT' }, { host, command: 'conntrack -S; sleep 10; conntrack -S' }]);
  }
  const moves = grew === true || (growth.state === 'known' && growth.value.by > 0);
  const why = [half.length > 0 ? `and ${String(half.length)} connections have no answer in its table` : 'and a client connects and then meets silence', ...(growth.state === 'known' && growth.value.by > 0 ? [`invalid= rose by ${String(growth.value.by)}`] : [])].join('; ');
  const port = half[0]?.original.dport ?? silent?.record.port ?? null;
  const first: Proof = proof(host, rule.source, grew === true ? `${String(packets - (earlier ?? 0))} more between the samples` : `${String(packets)} packets`);
  return fault(finding('FW-03', {
    host, about: [about.host(host), ...(half[0] === undefined ? [] : [about.address(half[0].original.dst)]), ...(silent === undefined ? [] : [about.address(silent.record.target)])],
    args: { host: hostName(host), number: String(rule.number), chain: chain.name, count: `${String(packets)} packets`, why, command: `iptables -I ${chain.name} ${String(rule.number)} -p tcp --dport ${port === null ? 'PORT' : String(port)} -j ACCEPT` },
    proofs: [first, ...shown.map(([line, at, text]) => proof(at, line, text)), ...proofs(host, growth, 'INVALID packets')],
    ...(moves ? {} : { severity: 'note' as const, lowered: [{ by: 0.3, because: 'one sample of a counter: it may be long ago' }], settle: [{ host, command: 'conntrack -S; sleep 10; conntrack -S' }] }),
  }));
}
