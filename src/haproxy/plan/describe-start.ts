import type { Layout } from './layout.ts';

/** What starting HAProxy would come to, line by line, for `--dry-run`. */
export const describeStart = ({ backends, maps }: Layout): readonly string[] => {
  const pools = backends.filter(({ servers }) => servers.length > 0);
  return [
    `start HAProxy with ${String(pools.length)} pools and ${String(backends.length - pools.length)} spare backends`,
    ...[...maps].flatMap(([name, text]) => text.split('\n').filter((line) => line !== '').map((line) => `map ${name.replace('.map', '')}: ${line.replace(' ', ' -> ')}`)),
    ...pools.flatMap(({ name, servers }) => servers.map((server) => `backend ${name}: server ${server.name} ${server.address}:${String(server.port)} weight ${String(server.weight)}`)),
  ];
};
