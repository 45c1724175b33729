import { answering, askWildcard } from '../haproxy/naming.ts';
import { parentDomain, pathEnd } from '../table/host-group.ts';
import type { ExplainReport } from './explain-report.ts';
import type { RunningRouter } from './running-router.ts';

/**
 * Asks the running HAProxy's own maps what it has for a request, by the text that it would look up itself, and compares that with
 * the table's answer.
 */
export async function withHaproxy(report: ExplainReport, router: Pick<RunningRouter, 'lookUp' | 'backendOf'>): Promise<ExplainReport> {
  const { request, answer } = report;
  const text = `${request.path}${pathEnd}`;
  const parent = parentDomain(request.host) ?? '';
  // Without a rule there is no look-up to repeat: then the listener's own map must have nothing either.
  const { map, key } = report.lookups[0] ?? { map: request.scheme === 'https' ? 'tls' : 'plain', key: '' };
  const asked = map.startsWith('sni') ? key : `${map.endsWith('-wildcard') || map === 'plain-fallback' ? parent : request.host}${text}`;
  let found = await router.lookUp(map, asked);
  // A host that is TLS only may still have a wildcard above it: HAProxy looks once more, and by default closes the way.
  if (map === 'plain' && found === askWildcard) {
    found = await router.lookUp('plain-fallback', `${parent}${text}`);
    if (found === null) found = `${answering.closed}|${answer.reason === 'tls-only' ? (answer.route ?? '') : ''}`;
  }
  if (found === undefined) return { ...report, haproxy: { agrees: null, route: null, backend: null, message: 'it does not answer' } };
  const [backend = '', rule = null] = found === null ? [] : found.split('|');
  const route = rule === '' ? null : rule;
  const serves = answer.does === 'serve' || answer.does === 'pass-through';
  const expected = serves && answer.route !== null ? router.backendOf(answer.route) : null;
  const agrees = route === answer.route && (!serves || expected === null || backend === expected);
  const words = found === null ? 'nothing' : found.split('|').slice(0, 2).join(' for ');
  return {
    ...report,
    haproxy: {
      agrees, route, backend: found === null ? null : backend,
      message: agrees ? `agrees: its map "${map}" has ${words}` : `DISAGREES: its map "${map}" has ${words}, the table says ${answer.route ?? 'no rule'}; the next comparison repairs that`,
    },
  };
}
