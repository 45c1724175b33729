import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { prefix } from '../address.ts';
import type { Address } from '../address.ts';
import { commandLine } from '../command-line.ts';

/** An address that the network configuration of the host gives to an interface at boot. */
export interface StaticAddressRecord {
  readonly kind: 'static-address';
  readonly source: SourceLine;
  readonly address: Address;
  readonly file: string;
}

const place = /^\/etc\/(?:netplan\/[\w.-]+\.ya?ml|sysconfig\/network-scripts\/ifcfg-[\w.:-]+|sysconfig\/network\/ifcfg-[\w.:-]+|network\/interfaces(?:\.d\/[\w.-]+)?|systemd\/network\/[\w.@-]+\.network|NetworkManager\/system-connections\/[\w .-]+\.nmconnection)$/;

/**
 * `addresses: [10.9.0.50/24]` and `- 10.9.0.50/24` (netplan), `IPADDR2=10.9.0.50` (ifcfg), `address 10.9.0.50/24` (interfaces),
 * `Address=10.9.0.50/24` (networkd), `address1=10.9.0.50/24,10.9.0.1` (NetworkManager). Gateways, servers and routes are passed over.
 */
function parse(capture: Capture): Reading<StaticAddressRecord> {
  const file = commandLine(capture.command).program;
  const records: StaticAddressRecord[] = [];
  let listed = false;
  for (let index = 0; index < capture.lines.length; index++) {
    const source = sourceLine(capture, index);
    const text = source.text.replace(/#.*$/, '').trim();
    if (source.text.length > 2048 || text === '') continue;
    const netplan = /\.ya?ml$/.test(file);
    const key = /^([\w-]+):/.exec(text)?.[1];
    if (netplan && key !== undefined) listed = key === 'addresses' && !/nameservers/.test(capture.lines.slice(Math.max(0, index - 1), index).join(''));
    const values = netplan ? (listed ? text.replace(/^addresses:/, '').match(/[\d.]+\/\d+|[0-9a-f:]+\/\d+/gi) ?? [] : []) : [/^(?:IPADDR\d*|IPADDR_\w+|Address|address\d*)\s*[= ]\s*["']?([^\s"',]+)/.exec(text)?.[1] ?? ''];
    for (const value of values) {
      const net = prefix(value);
      if (net !== null) records.push({ kind: 'static-address', source, address: net.address, file });
    }
  }
  return { records, unread: [] };
}

export const staticAddresses: Parser<'static-addresses', StaticAddressRecord> = {
  format: 'static-addresses',
  commands: ['cat /etc/netplan/*.yaml'],
  recognises: (capture) => (place.test(commandLine(capture.command).program) ? recognition.byCommandAndContent : recognition.no),
  parse,
};
