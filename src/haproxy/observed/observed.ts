import type { MapName } from '../naming.ts';
import { mapNames } from '../naming.ts';

/** What HAProxy has of one server. */
export interface ObservedServer {
  readonly weight: number;
  /** false: in maintenance. */
  readonly ready: boolean;
  /** Whether it was made with `check`; only such a server's health checks can be switched on. */
  readonly checkable: boolean;
  readonly checking: boolean;
}

const interned = new Map<number, ObservedServer>();

/** The same object for the same state: most servers are alike, and there may be tens of thousands. */
export const observedServer = (weight: number, ready: boolean, checkable: boolean, checking: boolean): ObservedServer => {
  const key = weight * 8 + Number(ready) * 4 + Number(checkable) * 2 + Number(checking);
  const known = interned.get(key);
  if (known !== undefined) return known;
  const made: ObservedServer = Object.freeze({ weight, ready, checkable, checking });
  interned.set(key, made);
  return made;
};

/**
 * What HAProxy has, in the parts that Fairway changes at run time. Kept as the driver's image of the worker: every step that is
 * sent is applied to it, and it is compared with the worker itself on a timer.
 */
export interface Observed {
  readonly maps: Readonly<Record<MapName, Map<string, string>>>;
  /** Pool backends only, spare ones included: backend -> server name -> server. */
  readonly backends: Map<string, Map<string, ObservedServer>>;
  /** Files of certificates other than the default one. */
  readonly certificates: Set<string>;
  /** Certificate list: file -> host. A file is listed once. */
  readonly listed: Map<string, string>;
  readonly cas: Set<string>;
}

/** An HAProxy that has nothing yet. */
export const emptyObserved = (): Observed => ({
  maps: Object.fromEntries(mapNames.map((name) => [name, new Map<string, string>()])) as Record<MapName, Map<string, string>>,
  backends: new Map(),
  certificates: new Set(),
  listed: new Map(),
  cas: new Set(),
});

/** Parts of HAProxy that are not judged. */
export interface Passed {
  entry(map: MapName, key: string): boolean;
  server(backend: string, server: string): boolean;
  file(path: string): boolean;
}

const none: Passed = { entry: () => false, server: () => false, file: () => false };

/** Differences in words, for the log and `fairway status`; empty when equal. At most 50 of them. */
export const differences = (expected: Observed, found: Observed, passed: Passed = none): readonly string[] => {
  const limit = 50;
  const said: string[] = [];
  const say = (text: string): void => { if (said.length < limit) said.push(text); };
  for (const name of mapNames) {
    compareKeys(expected.maps[name], found.maps[name], (key, want, have) => {
      if (want === have || passed.entry(name, key)) return;
      if (have === undefined) say(`map ${name}: entry ${key} is missing`);
      else if (want === undefined) say(`map ${name}: entry ${key} was not made by Fairway`);
      else say(`map ${name}: entry ${key} is "${have}" instead of "${want}"`);
    });
  }
  compareKeys(expected.backends, found.backends, (backend, want, have) => {
    if (want === undefined || have === undefined) { say(`backend ${backend} ${have === undefined ? 'is missing' : 'is unknown'}`); return; }
    compareKeys(want, have, (server, wanted, had) => {
      if (wanted === had || passed.server(backend, server)) return;
      const name = `server ${backend}/${server}`;
      if (had === undefined) say(`${name} is missing`);
      else if (wanted === undefined) say(`${name} was not made by Fairway`);
      else if (wanted.ready !== had.ready) say(`${name} is ${had.ready ? 'ready' : 'in maintenance'}`);
      else if (wanted.weight !== had.weight) say(`${name} has weight ${String(had.weight)} instead of ${String(wanted.weight)}`);
      else if (wanted.checking !== had.checking) say(`${name} has its health check ${had.checking ? 'on' : 'off'}`);
    });
  });
  compareKeys(expected.listed, found.listed, (file, want, have) => {
    if (want !== have && !passed.file(file)) say(`certificate ${file} is ${have === undefined ? 'not listed' : `listed for ${have}`}`);
  });
  for (const file of expected.certificates) if (!found.certificates.has(file) && !passed.file(file)) say(`certificate ${file} is missing`);
  for (const file of expected.cas) if (!found.cas.has(file) && !passed.file(file)) say(`CA ${file} is missing`);
  return said;
};

const compareKeys = <T>(
  expected: ReadonlyMap<string, T>, found: ReadonlyMap<string, T>, tell: (key: string, want: T | undefined, have: T | undefined) => void,
): void => {
  for (const [key, want] of expected) tell(key, want, found.get(key));
  for (const [key, have] of found) if (!expected.has(key)) tell(key, undefined, have);
};
