import { readValue } from '../../src/haproxy/desired/map-values.ts';
import { kindOfBackend, mapNames, type MapName } from '../../src/haproxy/naming.ts';
import type { Observed } from '../../src/haproxy/observed/observed.ts';
import { applyStep, type Step } from '../../src/haproxy/plan/steps.ts';

export const copyOf = (image: Observed): Observed => ({
  maps: Object.fromEntries(mapNames.map((name) => [name, new Map(image.maps[name])])) as Observed['maps'],
  backends: new Map([...image.backends].map(([name, servers]) => [name, new Map(servers)])),
  certificates: new Set(image.certificates), listed: new Map(image.listed), cas: new Set(image.cas),
});

const need = (holds: boolean, step: Step, why: string): void => {
  if (!holds) throw new Error(`${why}: ${JSON.stringify(step)}`);
};

/** Carries a step out as HAProxy would, and refuses what HAProxy refuses or what changes nothing. */
export const carryOut = (image: Observed, step: Step): void => {
  const server = 'backend' in step ? image.backends.get(step.backend)?.get(typeof step.server === 'string' ? step.server : step.server.name) : undefined;
  switch (step.does) {
    // A second entry of the same key would be hidden behind the first, and `del map` would take both.
    case 'map-add': need(!image.maps[step.map].has(step.key), step, 'the key is there already'); break;
    case 'map-set': need(image.maps[step.map].has(step.key) && image.maps[step.map].get(step.key) !== step.value, step, 'nothing to change'); break;
    case 'map-delete': need(image.maps[step.map].has(step.key), step, 'no such key'); break;
    case 'server-add': need(image.backends.has(step.backend) && server === undefined, step, 'the server is there already'); break;
    case 'server-weight': need(server !== undefined && server.weight !== step.weight, step, 'nothing to change'); break;
    case 'server-ready': need(server?.ready === false, step, 'nothing to change'); break;
    case 'server-maintenance': need(server?.ready === true, step, 'nothing to change'); break;
    case 'health-on': need(server?.checkable === true && !server.checking, step, 'nothing to change'); break;
    case 'health-off': need(server?.checking === true, step, 'nothing to change'); break;
    case 'server-delete': need(server?.ready === false, step, 'only in maintenance'); break;
    case 'ca-new': need(!image.cas.has(step.file), step, 'the file is there already'); break;
    case 'ca-delete': need(image.cas.has(step.file), step, 'no such file'); break;
    case 'certificate-new': need(!image.certificates.has(step.file), step, 'the file is there already'); break;
    case 'certificate-replace': break;
    case 'certificate-list': need(image.certificates.has(step.file) && !image.listed.has(step.file), step, 'cannot be listed'); break;
    case 'certificate-unlist': need(image.listed.has(step.file), step, 'not listed'); break;
    case 'certificate-delete': need(image.certificates.has(step.file) && !image.listed.has(step.file), step, 'in use'); break;
  }
  applyStep(image, step);
};

export const routingMaps: readonly MapName[] = ['plain', 'plain-wildcard', 'plain-fallback', 'tls', 'tls-wildcard', 'sni', 'sni-wildcard'];

/** Where traffic is sent: one line per map entry that names a pool. */
export interface Sending {
  readonly map: MapName;
  readonly key: string;
  readonly backend: string;
  readonly rule: string;
  readonly settings: string;
  readonly value: string;
}

export const sendings = (image: Observed): readonly Sending[] => routingMaps.flatMap((map) => [...image.maps[map]].flatMap(([key, value]): readonly Sending[] => {
  const { backend, rule, settings } = readValue(value);
  return kindOfBackend(backend) === null ? [] : [{ map, key, backend, rule, settings, value }];
}));
