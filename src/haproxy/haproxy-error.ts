/** An error of HAProxy's that an operator must see; the worker that ran before still runs. */
export class HaproxyError extends Error {
  override readonly name = 'HaproxyError';
}
