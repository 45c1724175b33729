import type { Host, Lab, Probe, World } from '../lab.ts';

/** Addresses of the hosts on the one network of these labs. */
const places: Readonly<Record<string, number>> = { client: 1, router: 2, other: 3, front: 4, m1: 11, m2: 12, dns: 20 };

export function addressOf(name: string): string {
  return `10.80.0.${String(places[name])}`;
}

/** `client`, `router` and others (see `places`) on one switch. */
export async function network(world: World, others: readonly string[]): Promise<void> {
  const wire = await world.switch('sw');
  const names = ['client', 'router', ...others];
  await Promise.all(names.map((name) => world.host(name)));
  for (const name of names) {
    await world.cable(world.of(name), 'eth0', wire, `to-${name}`);
    await world.of(name).run(`ip address add ${addressOf(name)}/24 dev eth0`);
  }
}

/** A program of `programs/member.ts` on port 8080. */
export async function member(host: Host, habit = 'plain', number = 0): Promise<void> {
  await stopMember(host);
  await host.start('member', `node $LABS/programs/member.ts 8080 ${habit} ${String(number)}`);
  await host.until('ss -ltn | grep -q ":8080 "');
}

export async function stopMember(host: Host): Promise<void> {
  await host.tries('[ -f /run/lab/member.pid ] && kill $(cat /run/lab/member.pid); while ss -ltn | grep -q ":8080 "; do sleep 0.05; done', 5);
}

export interface Configuration {
  /** Lines of `global`, `defaults`, and of the frontend on port 80. */
  readonly global?: string;
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  /** Whole sections. */
  readonly sections?: string;
}

const member1 = `server m1 ${addressOf('m1')}:8080`;

/** A router of usual settings: one frontend, `shop` with the member m1. */
export async function configure(host: Host, { global = '', defaults = '', frontend = 'default_backend shop', backend = member1, sections = '' }: Configuration = {}): Promise<void> {
  await host.write('/etc/haproxy/haproxy.cfg', `global
  log stdout format raw local0
  stats socket /run/haproxy/admin.sock mode 600 level admin
  ${global}

defaults
  log global
  mode http
  option httplog
  retries 1
  timeout connect 3s
  timeout client 30s
  timeout server 30s
  ${defaults}

frontend public
  bind :80
  ${frontend}

backend shop
  ${backend}

${sections}
`);
}

/**
 * HAProxy takes O_APPEND off an output that it logs to, and a log that is emptied would then begin with a hole: a pipe stands between, as a
 * journal does; `stamped`: which puts the time before each line.
 */
export async function haproxy(host: Host, stamped = false): Promise<void> {
  const journal = stamped ? `while IFS= read -r line; do printf '%s ${host.name} haproxy[1]: %s\\n' "$(date '+%b %d %T')" "$line"; done` : 'cat';
  await host.write('/run/lab/serve', `haproxy -W -S /run/haproxy-master.sock -p /run/haproxy.pid -f /etc/haproxy/haproxy.cfg 2>&1 | ${journal}\n`);
  await host.start('haproxy', 'sh /run/lab/serve');
  await host.until('grep -q "Loading success" /var/log/haproxy.log && [ -s /run/haproxy.pid ]');
}

/** What `systemctl reload haproxy` does where there is no systemd; ends when the new worker serves. */
export const reload = `haproxy -c -q -f /etc/haproxy/haproxy.cfg && before=$(grep -c 'Loading success' /var/log/haproxy.log); kill -USR2 $(cat /run/haproxy.pid) && until [ "$(grep -c 'Loading success' /var/log/haproxy.log)" -gt "$before" ]; do sleep 0.1; done`;

/** Old lines stay true: a log that is rotated tells of the time after. */
export const rotate = ': > /var/log/haproxy.log';

/** Router, m1 and its program. */
export async function shop(world: World, configuration: Configuration = {}, others: readonly string[] = []): Promise<void> {
  await network(world, ['m1', ...others]);
  await member(world.of('m1'));
  await configure(world.of('router'), configuration);
  await haproxy(world.of('router'));
}

/** Requests from the client; all must be answered 200. */
export async function ask(world: World, { times = 3, seconds = 3, path = '/', more = '' } = {}): Promise<Probe> {
  const url = `http://${addressOf('router')}${path}`;
  const { output } = await world.of('client').tries(`for i in $(seq ${String(times)}); do curl -s -o /dev/null --max-time ${String(seconds)} ${more} -w '%{http_code} ' ${url}; done`);
  const codes = output.trim().split(/\s+/);
  return codes.every((code) => code === '200') ? { ok: true } : { ok: false, saw: codes.join(' ') };
}

export const oneSample: NonNullable<Lab['collectArguments']> = Object.fromEntries(Object.keys(places).map((name) => [name, ['-i', '0']]));
