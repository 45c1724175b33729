import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer } from '../lib/node-http.ts';

/** One thing that /healthz or /healthz/ready asks about. */
export interface HealthCheck {
  readonly name: string;
  /** null: fine; otherwise a sentence. */
  readonly problem: () => string | null;
}

export interface AdminServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
  /** Chunks of Prometheus text; an empty chunk asks for a pause. */
  readonly metrics: () => AsyncGenerator<string | Buffer>;
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Told of requests that failed inside: a sentence without secrets. */
  readonly failed: (message: string) => void;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Health checks and metrics over plain HTTP. Rejects with the system's error when the port cannot be had. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.failed(`The request ${request.method ?? ''} ${request.url ?? ''} of the admin port failed: ${error instanceof Error ? error.message : String(error)}`);
      // Half a page of metrics must not look like a whole one.
      if (response.headersSent) response.destroy();
      else say(response, 500, 'internal error\n');
    });
  });
  // Scrapers and probes are few; a stuck one must not hold the port for ever.
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

async function answer(options: AdminServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    say(response, 405, 'only GET and HEAD are served here\n');
    return;
  }
  const path = (request.url ?? '/').split('?')[0];
  switch (path) {
    case '/healthz': sayHealth(response, options.live); return;
    case '/healthz/ready': sayHealth(response, options.ready); return;
    case '/metrics': break;
    case '/': say(response, 200, 'Fairway\n/healthz        is it alive\n/healthz/ready  does it serve everything it should\n/metrics        figures for Prometheus\n'); return;
    default: say(response, 404, 'not found; there are /healthz, /healthz/ready and /metrics\n'); return;
  }
  if (options.login !== null && !mayRead(options.login, request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Basic realm="fairway metrics", charset="UTF-8"');
    say(response, 401, 'user and password wanted\n');
    return;
  }
  response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  for await (const chunk of options.metrics()) {
    if (response.destroyed) return;
    if (chunk === '') await nextTurn();
    else if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

/** Waits until the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

function say(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(text);
}

/** Each check on a line, as people who debug a probe want to see it: `[+]table ok`, `[-]haproxy failed: ...`. */
function sayHealth(response: ServerResponse, checks: readonly HealthCheck[]): void {
  const lines = checks.map((check) => ({ name: check.name, problem: check.problem() }));
  const healthy = lines.every((line) => line.problem === null);
  const text = lines.map(({ name, problem }) => (problem === null ? `[+]${name} ok` : `[-]${name} failed: ${problem}`));
  say(response, healthy ? 200 : 503, `${[...text, healthy ? 'ok' : 'failed'].join('\n')}\n`);
}

/** Compared by digest: neither length nor content shows in the time it takes. */
function mayRead(login: { readonly user: string; readonly password: string }, header: string | undefined): boolean {
  const match = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(header ?? '');
  if (!match?.[1]) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(match[1], 'base64').toString('utf8')), digest(`${login.user}:${login.password}`));
}
