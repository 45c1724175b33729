import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processorTime } from './children.ts';
import { scratchDirectory } from './scratch.ts';

const run = promisify(execFile);

export interface WrkWish {
  readonly url: string;
  readonly hosts: readonly string[];
  readonly seconds: number;
  readonly connections?: number;
  /** Different paths for each host; default 1. */
  readonly paths?: number;
  /** A connection for each request. */
  readonly close?: boolean;
  /** Whose processor time is counted. */
  readonly pid: number;
}

export interface WrkResult {
  readonly perSecond: number;
  /** Requests for each second of the measured process's processor time: what other processes do hardly changes it. */
  readonly perProcessorSecond: number;
}

// Requests are written out beforehand: the client must not be what is measured.
const script = (hosts: readonly string[], paths: number, close: boolean): string => `
local requests, count = {}, 0
init = function()
  for path = 1, ${paths} do
    for _, host in ipairs({${hosts.map((host) => `"${host}"`).join(',')}}) do
      requests[#requests + 1] = wrk.format("GET", "/some/path/" .. path, {["Host"] = host, ["User-Agent"] = "Mozilla/5.0", ["Accept"] = "*/*"${close ? ', ["Connection"] = "close"' : ''}})
    end
  end
end
request = function()
  count = count % #requests + 1
  return requests[count]
end
`;

/** Loads a server as fast as it answers. Throws when anything but 200 comes back. */
export const wrk = async (wish: WrkWish): Promise<WrkResult> => {
  const file = join(scratchDirectory(), 'hosts.lua');
  writeFileSync(file, script(wish.hosts, wish.paths ?? 1, wish.close === true));
  const before = processorTime(wish.pid);
  const { stdout } = await run('taskset', [
    '-c', availableParallelism() > 1 ? '1' : '0', 'wrk', '-t1', `-c${wish.connections ?? 32}`, `-d${wish.seconds}s`, '-s', file, wish.url,
  ]);
  const used = processorTime(wish.pid) - before;
  const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout);
  if (bad !== null && (bad[1] !== undefined || wish.close !== true)) throw new Error(`wrk met failures: ${bad[0]}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), perProcessorSecond: requests / used };
};
