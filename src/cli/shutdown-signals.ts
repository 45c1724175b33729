/** How the process was asked to end. `hurry`: a person at a terminal waits, or has asked twice. */
export interface Shutdown {
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP';
  readonly hurry: boolean;
}

export interface ShutdownSignals {
  /** The first request to end. */
  readonly first: Promise<Shutdown>;
  /** Another one: whatever is still waited for is given up. */
  readonly second: Promise<Shutdown>;
  release(): void;
}

/** Listens for SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal is gone), from now on. */
export function shutdownSignals(): ShutdownSignals {
  const [one, two] = [Promise.withResolvers<Shutdown>(), Promise.withResolvers<Shutdown>()];
  let count = 0;
  const handlers = (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((signal) => {
    const handler = (): void => {
      count += 1;
      if (count === 1) one.resolve({ signal, hurry: signal !== 'SIGTERM' });
      else two.resolve({ signal, hurry: true });
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return { first: one.promise, second: two.promise, release: () => { for (const [signal, handler] of handlers) process.off(signal, handler); } };
}
