import { createServer } from 'node:net';

/** Vitest numbers its workers from 1: files that run at the same time must not hand out the same address or port. */
const worker = Number(process.env['VITEST_POOL_ID'] ?? 1);

let addressesGiven = 0;

/** A loopback address nobody else in this run uses: members are told apart by it. All of 127.0.0.0/8 answers on Linux. */
export function nextLoopbackAddress(): string {
  addressesGiven += 1;
  return `127.${10 + (worker % 200)}.${Math.floor(addressesGiven / 250)}.${1 + (addressesGiven % 250)}`;
}

async function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: address, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * Ports that are free on every address now. They lie below the kernel's range for outgoing connections (32768 upwards), so
 * that a client's source port cannot take one before the router binds it, and in a band of this worker's own.
 */
export async function freePorts(count: number): Promise<number[]> {
  const bandSize = 2_000;
  const start = 10_000 + (worker % 10) * bandSize;
  const found: number[] = [];
  for (let tries = 0; found.length < count; tries += 1) {
    if (tries > 500) throw new Error(`no ${count} free ports between ${start} and ${start + bandSize}`);
    const port = start + Math.floor(Math.random() * bandSize);
    if (!found.includes(port) && (await isFree(port, '::')) && (await isFree(port, '0.0.0.0'))) found.push(port);
  }
  return found;
}
