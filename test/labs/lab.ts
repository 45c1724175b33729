import type { FindingCode } from '../../src/doctor/findings/catalogue.ts';
import type { Finding } from '../../src/doctor/findings/finding.ts';

/**
 * A lab makes one fault for real and takes it away again. The runner does, in this order:
 *
 *   1. build: the healthy network and its daemons; `probe` must say `ok`; captured with `fairway collect`; `codes` must be silent
 *   2. break: the fault; `probe` must not say `ok` (unless `quiet`); captured; each of `codes` must be found, with `proof` among its lines; `silent` must stay silent
 *   3. fix: what the finding says; the commands given to `World.apply` must be words of its fixes; `probe` says `ok` again; captured; `codes` are gone
 */
export interface Lab {
  /** Letters, digits and dashes; unique: `vr-split-brain`. */
  readonly name: string;
  /** The fault in one sentence. */
  readonly about: string;
  readonly codes: readonly FindingCode[];
  /** Look-alikes that must not be raised from the sick capture. */
  readonly silent: readonly FindingCode[];
  /** Must match the text of a proving line of the first of `codes`. */
  readonly proof: RegExp;
  /**
   * `namespaces`: everything happens in namespaces of the lab. `whole-kernel`: touches what namespaces share, so it runs alone and puts back what it changed.
   * `machine`: needs a kernel with IPVS; runs in a small virtual machine.
   */
  readonly needs: 'namespaces' | 'whole-kernel' | 'machine';
  /** Programs beyond ip, sh and Node that the hosts run: `keepalived`, `haproxy`. */
  readonly programs: readonly string[];
  /** The fault does not show in a request (a risk, a warning): `probe` stays `ok` while it is there. */
  readonly quiet?: true;
  /** Also run by `npm test`: takes a few seconds. */
  readonly inTests: boolean;
  /** More arguments for the collecting script (`-a 10.0.0.1`), by host. */
  readonly collectArguments?: Readonly<Record<string, readonly string[]>>;
  /** What a user types besides and pastes, by host (`curl -v https://shop.example.com/`): run at each capture, kept as a terminal session with prompts. */
  readonly typed?: Readonly<Record<string, readonly string[]>>;
  build(world: World): Promise<void>;
  break(world: World): Promise<void>;
  /** Apply the narrowest fix that the finding gives. `finding` is the one that was raised for the first of `codes`. */
  fix(world: World, finding: Finding): Promise<void>;
  /** Asks as a user would (a request, a name, an address). Bounded: it answers within 10 seconds. */
  probe(world: World): Promise<Probe>;
}

/** `ok`, or what the user sees. */
export type Probe = { readonly ok: true } | { readonly ok: false; readonly saw: string };

/** Network, processes and files of one lab. Everything ends with `stop`, whatever happened. */
export interface World {
  /** A host of its own: network, name, processes, mounts (/tmp, /run, /var/log, /etc/keepalived, /etc/haproxy and /etc/resolv.conf are its own). */
  host(name: string): Promise<Host>;
  /** Of a host that `host` made. Throws when there is none. */
  of(name: string): Host;
  /** A cable between two hosts: device names at both ends. */
  cable(a: Host, deviceA: string, b: Host, deviceB: string): Promise<void>;
  /** A switch (bridge without packet filter, flooding unknown multicast, no spanning tree) in a namespace of its own that is not captured; returns it as a host, for `bridge fdb`. */
  switch(name: string): Promise<Host>;
  /** Run a command that a fix gives, on a host. Its words must stand in the finding's fixes (names and values filled in by us excepted). */
  apply(host: Host, finding: Finding, command: string, wordsOfTheFix: RegExp): Promise<void>;
  /** Something to undo at the end although it is outside the hosts (values of the whole kernel). */
  atEnd(undo: () => Promise<void>): void;
  sleep(milliseconds: number): Promise<void>;
}

export interface Host {
  readonly name: string;
  /** Runs a shell line; throws with its output when it fails. Time limit 20 s unless told (seconds). */
  run(line: string, seconds?: number): Promise<string>;
  /** The same, but a failure is an answer. */
  tries(line: string, seconds?: number): Promise<{ readonly code: number; readonly output: string }>;
  /** A file of this host only; folders are made. */
  write(path: string, text: string): Promise<void>;
  /** Starts a daemon in the foreground; its output goes to /var/log/NAME.log of the host. It is ended with the lab. */
  start(name: string, line: string): Promise<Daemon>;
  /** Waits until the shell line succeeds; throws after the seconds. */
  until(line: string, seconds?: number): Promise<void>;
}

export interface Daemon {
  readonly name: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}
