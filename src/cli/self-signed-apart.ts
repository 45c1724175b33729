import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { makeSelfSigned } from '../net/self-signed.ts';
import type { SelfSignedWish } from '../net/self-signed.ts';

/** What this file's own thread is started with: other threads may load the file too. */
interface Order {
  readonly selfSigned: SelfSignedWish;
}

/**
 * `makeSelfSigned` in a thread of its own: its library takes 0.1 s to load and 10 MB to stay, and a key 50 ms to be found. The router has
 * manifests to read meanwhile.
 */
export const makeSelfSignedApart = (wish: SelfSignedWish): Promise<string> => new Promise((resolve, reject) => {
  const order: Order = { selfSigned: wish };
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  worker.once('message', (pem: string) => { resolve(pem); });
  worker.once('error', reject);
  worker.once('exit', () => { reject(new Error('the thread that makes the self-signed certificate ended without it')); });
});

const isOrder = (data: unknown): data is Order => typeof data === 'object' && data !== null && 'selfSigned' in data;

if (!isMainThread && isOrder(workerData)) parentPort?.postMessage(await makeSelfSigned(workerData.selfSigned));
