import { arp } from './arp.ts';
import { arping } from './arping.ts';
import { bridge } from './bridge.ts';
import { clientProxy } from './client-proxy.ts';
import { componentLog } from './component-log.ts';
import { connectAttempt } from './connect-attempt.ts';
import { conntrackStats } from './conntrack-stats.ts';
import { conntrackTable } from './conntrack-table.ts';
import { dns } from './dns.ts';
import { haproxyConfig } from './haproxy-config.ts';
import { haproxyErrors } from './haproxy-errors.ts';
import { haproxyLog } from './haproxy-log.ts';
import { haproxyRuntime } from './haproxy-runtime.ts';
import { haproxyStat } from './haproxy-stat.ts';
import { hostFacts } from './host-facts.ts';
import { ifconfig } from './ifconfig.ts';
import { ipAddress } from './ip-address.ts';
import { ipNeighbour } from './ip-neighbour.ts';
import { ipNexthop } from './ip-nexthop.ts';
import { ipRoute } from './ip-route.ts';
import { ipRule } from './ip-rule.ts';
import { ipset } from './ipset.ts';
import { iptablesList } from './iptables-list.ts';
import { iptablesSave } from './iptables-save.ts';
import { ipvsConnections } from './ipvs-connections.ts';
import { ipvsDaemon } from './ipvs-daemon.ts';
import { ipvsRules } from './ipvs-rules.ts';
import { ipvsServices } from './ipvs-services.ts';
import { keepalivedConfig } from './keepalived-config.ts';
import { keepalivedData } from './keepalived-data.ts';
import { keepalivedLog } from './keepalived-log.ts';
import { kernelLog } from './kernel-log.ts';
import { kubeObjects } from './kube-objects.ts';
import { listenLog } from './listen-log.ts';
import { netstatStatistics } from './netstat-statistics.ts';
import { nftJson } from './nft-json.ts';
import { nftRuleset } from './nft-ruleset.ts';
import { nginxConfig, nginxLog } from './nginx.ts';
import { nstat } from './nstat.ts';
import { ping } from './ping.ts';
import { processes } from './processes.ts';
import { reloadLog } from './reload-log.ts';
import { ss } from './ss.ts';
import { staticAddresses } from './static-addresses.ts';
import { sysctl } from './sysctl.ts';
import { tlsSession } from './tls-session.ts';

/**
 * Every format the doctor reads. Place matters only between formats that are equally sure of a text: the first wins, so the
 * narrow ones stand before logs, which accept anything.
 */
export const parsers = [
  ipAddress, ifconfig, ipNeighbour, arp, ipRoute, ipNexthop, ipRule, bridge, ping, arping,
  iptablesSave, iptablesList, nftRuleset, nftJson, ipset,
  sysctl, conntrackTable, conntrackStats, nstat, netstatStatistics, ss,
  ipvsServices, ipvsRules, ipvsConnections, ipvsDaemon,
  keepalivedConfig, keepalivedData, keepalivedLog,
  haproxyConfig, haproxyErrors, haproxyRuntime, haproxyStat, nginxConfig, staticAddresses,
  kubeObjects, dns, hostFacts,
  processes, connectAttempt, clientProxy, tlsSession, haproxyLog, nginxLog, reloadLog, listenLog, kernelLog, componentLog,
] as const;

export type Format = (typeof parsers)[number]['format'];

/** Every record that any parser makes, told apart by `kind`. */
export type AnyRecord = ReturnType<(typeof parsers)[number]['parse']>['records'][number];
export type RecordKind = AnyRecord['kind'];
export type RecordOf<K extends RecordKind> = Extract<AnyRecord, { readonly kind: K }>;
