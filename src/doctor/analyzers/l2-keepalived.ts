import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { RecordOf } from '../parsers/parsers.ts';

type View = Pick<Facets, 'vrrp'>;
type Event = RecordOf<'vrrp-event'>;

/** L2-07: a backup that was master for a moment and misled the neighbours, while the real master noticed nothing. */
export const l2Keepalived = analyzer({
  name: 'l2-keepalived',
  asks: 'After two hosts were master for a moment, was the address announced again?',
  codes: ['L2-07'],
  reads: ['vrrp'],
  *analyze(view): Generator<Answer> {
    for (const loser of view.vrrp.hosts) {
      for (const [instance, story] of episodes(view.vrrp.events(loser))) {
        const mine = view.vrrp.configs.find((each) => each.host === loser && each.record.name === instance);
        const others = view.vrrp.hosts.filter((host) => host !== loser && (mine === undefined || !view.vrrp.configs.some((each) => each.host === host) || view.vrrp.configs.some((each) => each.host === host && each.record.vrid === mine.record.vrid)));
        const winner = others[0];
        const subject = `${instance} on ${hostName(loser)}`;
        if (winner === undefined) { yield couldNotLook('L2-07', subject, 'the log of the other host is not in the evidence', [{ host: '', command: 'journalctl -u keepalived --no-pager   # on the other host of the group' }]); continue; }
        yield judge(view, loser, winner, instance, story, mine?.record.vips[0]?.address ?? `the address of ${instance}`);
      }
    }
  },
});

/** master, then an advert of higher priority, then backup: the last such episode of each instance. */
function episodes(events: readonly Event[]): Map<string, readonly Event[]> {
  const found = new Map<string, readonly Event[]>();
  const names = new Set(events.flatMap((event) => event.instance ?? []));
  for (const name of names) {
    const own = events.filter((event) => event.instance === name);
    for (let at = own.length - 1; at >= 0; at--) {
      if (own[at]?.event !== 'master') continue;
      const after = own.slice(at + 1);
      const backup = after.findIndex((event) => event.event === 'backup');
      const higher = after.findIndex((event) => event.event === 'higher-advert');
      if (backup >= 0 && higher >= 0 && higher <= backup) found.set(name, [own[at], after[higher], after[backup]].filter((event) => event !== undefined));
      break;
    }
  }
  return found;
}

function judge(view: View, loser: string, winner: string, instance: string, story: readonly Event[], vip: string): Answer {
  const subject = `${instance} on ${hostName(winner)}`;
  const config = view.vrrp.configs.find((each) => each.host === winner && (each.record.name === instance || each.record.vips.some((own) => own.address === vip)));
  const name = config?.record.name ?? instance;
  const refresh = view.vrrp.option(winner, name, 'garp_master_refresh') ?? dumped(view, winner, name, ['gratuitous arp refresh timer', 'refresh timer']);
  const told = view.vrrp.option(loser, instance, 'vrrp_higher_prio_send_advert') ?? view.vrrp.option(loser, instance, 'higher_prio_send_advert') ?? dumped(view, loser, instance, ['send advert after receive higher priority advert']);
  if (refresh !== null && !/^0\b/.test(refresh.value)) return nothing('L2-07', subject, [refresh.line]);
  if (told !== null && !/^(?:false|0|no|off)\b/i.test(told.value)) return nothing('L2-07', subject, [told.line]);
  const events = view.vrrp.events(winner);
  if (events.length === 0) return couldNotLook('L2-07', subject, `the log of ${hostName(winner)} is not in the evidence`, [{ host: winner, command: 'journalctl -u keepalived --no-pager' }]);
  const from = story[0]?.at ?? null;
  const again = events.find((event) => (event.event === 'garp' || event.event === 'lower-advert' || event.event === 'master') && (from === null || event.at === null || event.at.absolute !== from.absolute || event.at.ms >= from.ms - 2000));
  if (again !== undefined) return nothing('L2-07', subject, [again.source]);
  if (config === undefined && refresh === null) return couldNotLook('L2-07', subject, `the configuration of ${hostName(winner)} is not in the evidence`, [{ host: winner, command: 'cat /etc/keepalived/keepalived.conf' }]);
  const [master, higher, backup] = story;
  if (master === undefined) return nothing('L2-07', subject, []);
  return fault(finding('L2-07', {
    host: loser, about: [about.host(loser), about.host(winner), about.address(vip)],
    args: { loser: hostName(loser), winner: hostName(winner), instance: name, vip },
    proofs: [
      proof(loser, master.source, 'master for a moment'), ...(higher === undefined ? [] : [proof(loser, higher.source, 'heard the real master')]), ...(backup === undefined ? [] : [proof(loser, backup.source, 'gave up')]),
      ...(config === undefined ? [] : [proof(winner, config.record.source, 'no garp_master_refresh here')]), ...(refresh === null ? [] : [proof(winner, refresh.line, 'no refresh')]), ...(told === null ? [] : [proof(loser, told.line, 'the other is not told')]),
    ],
    rulesOut: [{ code: 'VR-01', what: 'Two masters for good', because: `${hostName(loser)} became backup again`, line: backup?.source ?? null }],
  }));
}

function dumped(view: View, host: string, instance: string, keys: readonly string[]): { readonly value: string; readonly line: import('../evidence.ts').SourceLine } | null {
  const values = view.vrrp.data.find((each) => each.host === host && each.record.instance === instance)?.record.values;
  const found = keys.map((key) => values?.get(key)).find((each) => each !== undefined);
  return found === undefined ? null : { value: found.value, line: found.source };
}
