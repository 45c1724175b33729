import type { SourceLine } from '../evidence.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import type { JsonObject } from '../parsers/read-lines.ts';
import type { Found, RecordIndex } from './record-index.ts';
import { parse as parseYaml } from 'yaml';

export interface KubeProxySettings {
  readonly host: string;
  readonly line: SourceLine;
  readonly settings: JsonObject;
}

/** kube-proxy and kubelet, by their logs, command lines and configuration. */
export interface Components {
  readonly maxSet: readonly Found<'conntrack-max-set'>[];
  readonly flags: readonly Found<'command-flags'>[];
  readonly probeFailures: readonly Found<'probe-failure'>[];
  /** KubeProxyConfiguration, as a file or inside the ConfigMap of the same name. It holds for all nodes. */
  readonly kubeProxy: readonly KubeProxySettings[];
  /** Whether anything shows kube-proxy at work on the host. */
  runsKubeProxy(host: string): SourceLine | null;
}

export function createComponents(index: RecordIndex): Components {
  const maxSet = index.of('conntrack-max-set');
  const flags = index.of('command-flags');
  const settings: KubeProxySettings[] = [];
  for (const { host, record } of index.of('kube-object')) {
    if (record.objectKind === 'KubeProxyConfiguration') settings.push({ host, line: record.source, settings: record.object });
    const data = record.objectKind === 'ConfigMap' && isObject(record.object['data']) ? record.object['data'] : null;
    const text = data === null ? null : textOf(data['config.conf']);
    if (text === null || text.length > 65_536 || !text.includes('KubeProxyConfiguration')) continue;
    try {
      const inner: unknown = parseYaml(text, { maxAliasCount: 10 });
      if (isObject(inner)) settings.push({ host, line: record.lineOf(['data', 'config.conf']), settings: inner });
    } catch {
      // A broken configuration inside a ConfigMap is kube-proxy's to complain of; nothing is concluded from it here.
      continue;
    }
  }
  return {
    maxSet, flags, probeFailures: index.of('probe-failure'), kubeProxy: settings,
    runsKubeProxy: (host) => maxSet.find((found) => found.host === host)?.record.source ?? flags.find((found) => found.host === host && found.record.program === 'kube-proxy')?.record.source
      ?? index.of('interface-address').find((found) => found.host === host && found.record.dev === 'kube-ipvs0')?.record.source ?? null,
  };
}
