import type { Found, RecordIndex } from './record-index.ts';

/** What clients and other proxies saw: TLS handshakes, names, nginx. */
export interface Edges {
  readonly tlsSessions: readonly Found<'tls-session'>[];
  readonly dnsAnswers: readonly Found<'dns-answer'>[];
  readonly resolvers: readonly Found<'resolver'>[];
  readonly nginxDirectives: readonly Found<'nginx-directive'>[];
  readonly nginxErrors: readonly Found<'nginx-error'>[];
}

export function createEdges(index: RecordIndex): Edges {
  return { tlsSessions: index.of('tls-session'), dnsAnswers: index.of('dns-answer'), resolvers: index.of('resolver'), nginxDirectives: index.of('nginx-directive'), nginxErrors: index.of('nginx-error') };
}
