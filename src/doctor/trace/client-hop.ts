import { detail, hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** What the client itself saw, where somebody captured it. */
export interface Seen {
  /** A sentence when the request was seen to arrive. */
  readonly arrived: string | null;
  readonly failed: string | null;
}

/** Who asks, and what came of it. Only what is about this address and port counts. */
export function clientHop({ view, target, address, client, clientHost }: Tracing): { readonly hop: Hop; readonly seen: Seen } {
  const tried = view.probes.allConnects.filter(({ host, record }) => record.target === address && record.port === target.port && (clientHost === null || host === clientHost));
  const details = tried.map(({ host, record }) => detail(`${host === '' ? 'somebody' : host} tried: ${record.outcome}${record.tls === null ? '' : `, TLS ${record.tls === 'done' ? 'established' : record.tls === 'silence' ? 'got no answer' : 'failed'}`}`, record.source));
  const good = tried.find(({ record }) => record.outcome === 'connected' && (target.scheme !== 'https' || record.tls === 'done'));
  const bad = tried.find(({ record }) => record.outcome !== 'connected' || record.tls === 'silence' || record.tls === 'failed');
  const who = client ?? (clientHost === null ? 'not named' : clientHost);
  return {
    hop: hop('client', clientHost ?? '', client === null ? 'skipped' : 'ok', client === null ? `${who}: name it with --from, rules often ask for it` : `${client}${clientHost === null ? '' : ` on ${clientHost}`}`, { details, line: tried[0]?.record.source ?? null }),
    seen: {
      // A web page is more than a connection: only for tcp does a connection prove that it arrives.
      arrived: good !== undefined && bad === undefined && target.scheme === 'tcp' ? `${good.host === '' ? 'the client' : good.host} was seen to connect` : null,
      failed: bad === undefined ? null : `${bad.host === '' ? 'the client' : bad.host} saw: ${bad.record.outcome === 'connected' ? 'connected, then no TLS' : bad.record.outcome}`,
    },
  };
}
