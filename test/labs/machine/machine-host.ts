import type { Daemon, Host } from '../lab.ts';
import type { Answer, Machine } from './machine.ts';

/** Folders that a host has for itself, empty at the start; its /etc is a copy. */
const ownFolders = ['/tmp', '/run', '/var/log'] as const;

/** What the first process of a host does in its new namespaces; then it stays. `/agent` is the machine's, for all hosts. */
function setup(name: string): string {
  return `
set -e
hostname ${name}
mount -t sysfs sysfs /sys
${ownFolders.map((folder) => `mount -t tmpfs -o mode=1777 tmpfs ${folder}`).join('\n')}
mkdir -p /run/etc /run/lab /run/keepalived /run/haproxy
cp -a /etc/. /run/etc/
mount --bind /run/etc /etc
mkdir -p /etc/keepalived /etc/haproxy
: > /etc/resolv.conf
printf '127.0.0.1 localhost\\n' > /etc/hosts
ip link set lo up
touch /agent/${name}.ready
# Waiting also takes in ended processes that nobody else waits for.
sleep infinity &
wait
`;
}

/** A host made of namespaces inside the virtual machine, where IPVS, its sysctls and its tables are those of the network namespace. */
export class MachineHost implements Host {
  readonly name: string;
  /** Of the first process, as the virtual machine counts. */
  readonly pid: number;
  private readonly holder: number;
  private readonly machine: Machine;

  private constructor(machine: Machine, name: string, holder: number, pid: number) {
    this.machine = machine;
    this.name = name;
    this.holder = holder;
    this.pid = pid;
  }

  static async start(machine: Machine, name: string): Promise<MachineHost> {
    const numbers = await machine.run(`
rm -f /agent/${name}.ready
unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc sh -c ${quoted(setup(name))} > /agent/${name}.log 2>&1 &
until [ -e /agent/${name}.ready ]; do kill -0 $! || { cat /agent/${name}.log; exit 1; }; sleep 0.05; done
echo "$! $(cat /proc/$!/task/$!/children)"`);
    const found = /^(\d+) (\d+)/.exec(numbers);
    if (found === null) throw new Error(`${name}: no host in the virtual machine: ${numbers}`);
    return new MachineHost(machine, name, Number(found[1]), Number(found[2]));
  }

  async run(line: string, seconds = 20): Promise<string> {
    const { code, output } = await this.tries(line, seconds);
    if (code !== 0) throw new Error(`${this.name}: ${line}\nended with ${String(code)}${code === 124 ? ' (time limit)' : ''}: ${output.trim()}`);
    return output;
  }

  async tries(line: string, seconds = 20): Promise<Answer> {
    return this.machine.tries(this.inside(`timeout -k 1 ${String(seconds)} sh -c ${quoted(line)}`), seconds + 5);
  }

  async write(file: string, text: string): Promise<void> {
    await this.run(`mkdir -p "$(dirname ${quoted(file)})" && echo ${Buffer.from(text).toString('base64')} | base64 -d > ${quoted(file)}`);
  }

  async start(name: string, line: string): Promise<Daemon> {
    // Everything of a host ends with its first process, so nobody has to hold this one.
    await this.machine.run(`${this.inside(`setsid sh -c ${quoted(`echo $$ > /run/lab/${name}.pid; exec ${line} > /var/log/${name}.log 2>&1 < /dev/null`)}`)} > /dev/null 2>&1 &`);
    await this.until(`[ -s /run/lab/${name}.pid ]`, 5);
    return {
      name,
      stop: async (signal = 'SIGTERM') => {
        await this.run(`kill -${signal.replace(/^SIG/, '')} $(cat /run/lab/${name}.pid)`);
        if (/^SIG(?:STOP|CONT|HUP|USR[12])$/.test(signal)) return;
        await this.until(`! kill -0 $(cat /run/lab/${name}.pid)`, 5);
      },
    };
  }

  async until(line: string, seconds = 10): Promise<void> {
    const { code, output } = await this.tries(`until { ${line}\n} > /run/lab/until 2>&1; do sleep 0.1; done`, seconds);
    if (code === 0) return;
    const last = await this.tries('cat /run/lab/until');
    throw new Error(`${this.name}: not within ${String(seconds)} s: ${line}\n${output}${last.output}`);
  }

  /** Runs the collecting script, which stands in `/agent/collect.sh`; returns the archive. */
  async collect(args: readonly string[]): Promise<Buffer> {
    const archive = `/agent/${this.name}.tar.gz`;
    await this.run(`sh /agent/collect.sh -o ${archive} ${args.join(' ')}`, 300);
    return Buffer.from(await this.machine.run(`base64 -w0 ${archive}; rm -f ${archive}`), 'base64');
  }

  async end(): Promise<void> {
    // --kill-child: with the holder goes the first process, with that all others and the namespaces.
    await this.machine.run(`kill -9 ${String(this.holder)}; while kill -0 ${String(this.pid)} 2>/dev/null; do sleep 0.05; done`);
  }

  private inside(command: string): string {
    return `nsenter -t ${String(this.pid)} -n -u -i -m -p -- ${command}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
