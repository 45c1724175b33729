import type { ServerSpec } from '../desired/pool-spec.ts';
import type { MapName } from '../naming.ts';
import { observedServer, type Observed, type ObservedServer } from '../observed/observed.ts';

/**
 * One change that the runtime socket can make. `rule` is the rule for whose sake it is made, so that a refusal finds its object.
 * What a step sends and which replies mean what is in `step-commands.ts`.
 */
export type Step = { readonly rule: string | null } & (
  | { readonly does: 'map-add'; readonly map: MapName; readonly key: string; readonly value: string }
  | { readonly does: 'map-set'; readonly map: MapName; readonly key: string; readonly value: string }
  | { readonly does: 'map-delete'; readonly map: MapName; readonly key: string }
  | { readonly does: 'server-add'; readonly backend: string; readonly server: ServerSpec }
  | { readonly does: 'server-weight'; readonly backend: string; readonly server: string; readonly weight: number }
  | { readonly does: 'server-ready' | 'server-maintenance' | 'server-delete' | 'health-on' | 'health-off'; readonly backend: string; readonly server: string }
  | { readonly does: 'ca-new' | 'certificate-new' | 'certificate-replace'; readonly file: string; readonly pem: string }
  | { readonly does: 'ca-delete' | 'certificate-delete' | 'certificate-unlist'; readonly file: string }
  | { readonly does: 'certificate-list'; readonly file: string; readonly host: string }
);

/** Makes the image of HAProxy what HAProxy will be after the step. */
export const applyStep = (observed: Observed, step: Step): void => {
  switch (step.does) {
    case 'map-add':
    case 'map-set': observed.maps[step.map].set(step.key, step.value); return;
    case 'map-delete': observed.maps[step.map].delete(step.key); return;
    case 'server-add':
      serversOf(observed, step.backend).set(step.server.name, observedServer(step.server.weight, true, true, step.server.checked));
      return;
    case 'server-weight': change(observed, step, { weight: step.weight }); return;
    case 'server-ready': change(observed, step, { ready: true }); return;
    case 'server-maintenance': change(observed, step, { ready: false }); return;
    case 'health-on': change(observed, step, { checking: true }); return;
    case 'health-off': change(observed, step, { checking: false }); return;
    case 'server-delete': serversOf(observed, step.backend).delete(step.server); return;
    case 'ca-new': observed.cas.add(step.file); return;
    case 'ca-delete': observed.cas.delete(step.file); return;
    case 'certificate-new': observed.certificates.add(step.file); return;
    case 'certificate-replace': return;
    case 'certificate-delete': observed.certificates.delete(step.file); return;
    case 'certificate-list': observed.listed.set(step.file, step.host); return;
    case 'certificate-unlist': observed.listed.delete(step.file); return;
  }
};

const serversOf = (observed: Observed, backend: string): Map<string, ObservedServer> => {
  const known = observed.backends.get(backend);
  if (known === undefined) throw new RangeError(`no backend ${backend}`);
  return known;
};

const change = (observed: Observed, step: { readonly backend: string; readonly server: string }, to: { weight?: number; ready?: boolean; checking?: boolean }): void => {
  const servers = serversOf(observed, step.backend);
  const server = servers.get(step.server);
  if (server !== undefined) servers.set(step.server, observedServer(to.weight ?? server.weight, to.ready ?? server.ready, server.checkable, to.checking ?? server.checking));
};
