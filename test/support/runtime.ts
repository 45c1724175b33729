import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Paths of the sockets in a state directory. */
function socketsIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isSocket() === true);
}

function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setTimeout(3_000, () => socket.destroy(new Error(`no answer to "${command}" on ${path}`)));
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => { text += chunk.toString('utf8'); });
    socket.once('close', () => resolve(text));
    socket.write(`${command}\n`);
  });
}

/** Says something to HAProxy behind Fairway's back, as an operator with socat would. */
export async function sayToHaproxy(stateDir: string, command: string): Promise<string> {
  for (const path of socketsIn(stateDir)) {
    // Beside the one for commands there may be listeners of HAProxy itself, which do not know this.
    const info = await ask(path, 'show info').catch(() => '');
    if (info.includes('Name: HAProxy')) return ask(path, command);
  }
  throw new Error(`no socket under ${stateDir} takes commands`);
}

/** `backend/server` of the member with this address in the backend that serves `host` on port 80. */
export async function serverOf(stateDir: string, host: string, address: string): Promise<string> {
  const map = (await sayToHaproxy(stateDir, 'show map')).split('\n').find((line) => line.includes('/plain.map'))!;
  // `0x55... web.test/ http-random.00002|shop/web|...`
  const entry = (await sayToHaproxy(stateDir, `show map #${map.split(' ')[0]}`)).split('\n').find((line) => line.split(' ')[1] === `${host}/`)!;
  const backend = entry.split(' ')[2]!.split('|')[0]!;
  // `show servers state BACKEND`: be_id be_name srv_id srv_name srv_addr ...
  const line = (await sayToHaproxy(stateDir, `show servers state ${backend}`)).split('\n').find((text) => text.split(' ')[4] === address)!;
  return `${backend}/${line.split(' ')[3]}`;
}
