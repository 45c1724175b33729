import { environment } from './config/render-config.ts';
import { HaproxyError } from './haproxy-error.ts';
import type { House } from './house.ts';
import { observe } from './observed/observe.ts';
import { parseShowEnv } from './observed/show-env.ts';
import { parseShowInfo } from './observed/show-info.ts';
import { Planner } from './plan/planner.ts';
import type { WorkerRecord } from './process/pid-file.ts';
import { RuntimeSocket } from './runtime/runtime-socket.ts';

/** A worker that answers, and what is known of it. */
export interface Running {
  readonly worker: WorkerRecord;
  readonly socket: RuntimeSocket;
  readonly planner: Planner;
  readonly twoHops: boolean;
  /** Digest of the settings it was started with. */
  readonly digest: string;
  readonly version: string;
}

/** Reads a worker of an earlier run as it is; nothing is changed. Rejects when it does not answer or is not what the pid file says. */
export const adopt = async (worker: WorkerRecord, house: House): Promise<Running> => {
  const { paths } = house.settings;
  const socket = new RuntimeSocket(paths.socket);
  try {
    const env = parseShowEnv(await socket.read('show env'));
    const info = parseShowInfo(await socket.read('show info'));
    const pid = info.get('Pid') ?? '?';
    if (Number(pid) !== worker.pid) throw new HaproxyError(`another process (pid ${pid}) answers on ${paths.socket}`);
    const planner = new Planner(await observe(socket, paths), house.context);
    await socket.connect();
    return {
      worker, socket, planner,
      twoHops: env.get(environment.hops) === '2', digest: env.get(environment.settings) ?? '', version: info.get('Version') ?? house.version,
    };
  } catch (error) {
    socket.close();
    throw error;
  }
};
