import { chmod, unlink } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createServer, request as httpRequest } from '../lib/node-http.ts';

/** Where a running router is asked: HTTP on a unix socket, for the user it runs as alone. */
export function stateSocketPath(stateDir: string): string {
  return join(stateDir, 'fairway.sock');
}

/** A request that one may ask about; `null` where the asker did not say. */
export interface ExplainQuery {
  readonly url: string;
  readonly method: string | null;
  readonly sni: string | null;
  readonly httpVersion: string | null;
}

export interface StateSocketOptions {
  readonly path: string;
  readonly status: () => Promise<unknown>;
  /** May reject with a `BadQuery`. */
  readonly explain: (query: ExplainQuery) => Promise<unknown>;
  readonly failed: (message: string) => void;
}

/** The asker's mistake: its message goes back as 400. */
export class BadQuery extends Error {}

export interface StateSocket {
  close(): Promise<void>;
}

/** Serves `GET /v1/status` and `GET /v1/explain?url=...`. Rejects when another process answers on that socket. */
export async function startStateSocket(options: StateSocketOptions): Promise<StateSocket> {
  if (await answers(options.path)) throw new Error(`Another Fairway runs with this state directory: it answers on ${options.path}`);
  await unlink(options.path).catch(() => undefined);
  const server = createServer((request, response) => {
    serve(options, request.method ?? '', request.url ?? '/', response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof BadQuery) {
        sayJson(response, 400, { error: message });
        return;
      }
      options.failed(`The request ${request.url ?? ''} of the state socket failed: ${message}`);
      sayJson(response, 500, { error: 'internal error; the log says more' });
    });
  });
  // Made without access for others from its first moment: permissions of a socket are checked at connect (unix(7)).
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // listen() binds before it returns, so nothing else is created under this mask.
    const before = process.umask(0o177);
    server.listen(options.path, () => {
      server.off('error', reject);
      resolve();
    });
    process.umask(before);
  });
  await chmod(options.path, 0o600);
  return {
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

async function serve(options: StateSocketOptions, method: string, target: string, response: ServerResponse): Promise<void> {
  const url = new URL(target, 'http://fairway');
  if (method !== 'GET') sayJson(response, 405, { error: 'only GET is served here' });
  else if (url.pathname === '/v1/status') sayJson(response, 200, await options.status());
  else if (url.pathname === '/v1/explain') {
    const wanted = url.searchParams.get('url');
    if (wanted === null) throw new BadQuery('the parameter url is missing');
    sayJson(response, 200, await options.explain({
      url: wanted, method: url.searchParams.get('method'), sni: url.searchParams.get('sni'), httpVersion: url.searchParams.get('http_version'),
    }));
  } else sayJson(response, 404, { error: 'not found; there are /v1/status and /v1/explain' });
}

function sayJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(value)}\n`);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => { resolve(false); });
  });
}

export type AskAnswer =
  | { readonly kind: 'answer'; readonly value: unknown }
  /** The asker's mistake, as the router says it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Nobody listens there. */
  | { readonly kind: 'nobody'; readonly message: string };

/** Asks a running router. `target` is the path and query, such as `/v1/status`. */
export function askRouter(stateDir: string, target: string, timeout = 10_000): Promise<AskAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath: stateSocketPath(stateDir), path: target, timeout, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          const value = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
          if (response.statusCode === 200) resolve({ kind: 'answer', value });
          else resolve({ kind: 'refused', message: errorOf(value) });
        } catch (error) {
          reject(new Error(`The router's answer is no JSON: ${error instanceof Error ? error.message : String(error)}`));
        }
      });
    });
    request.on('timeout', () => { request.destroy(new Error(`no answer within ${timeout} ms`)); });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR'].includes(error.code ?? '')) resolve({ kind: 'nobody', message: error.code === 'EACCES' ? 'it belongs to another user' : 'nobody listens there' });
      else reject(error);
    });
    request.end();
  });
}

function errorOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string' ? value.error : 'the router refused';
}
