import { execFile } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');
export const fairwayProgram = join(repository, 'bin/fairway');

export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output as JSON. */
  json(): unknown;
}

/** Environment of a test's own making: nothing of the developer's own settings reaches the program. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  // The Node that runs the tests is recent enough for the program too; sbin is where Debian keeps haproxy.
  const path = [dirname(process.execPath), process.env['PATH'] ?? '', '/usr/local/sbin:/usr/sbin:/sbin'].join(':');
  return { PATH: path, HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8', ...extra };
}

/** Runs `fairway ARGUMENTS` to its end, whatever its exit code. */
export function fairway(args: readonly string[], options: { env?: Readonly<Record<string, string>>; cwd?: string } = {}): Promise<CommandAnswer> {
  return new Promise((resolvePromise, reject) => {
    execFile(
      fairwayProgram,
      [...args],
      { env: cleanEnvironment(options.env), timeout: 30_000, maxBuffer: 64 * 1024 * 1024, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) },
      (failure, stdout, stderr) => {
        if (failure && typeof failure.code !== 'number') {
          reject(new Error(`fairway ${args.join(' ')} did not end by itself: ${failure.message}\n${stderr}`));
          return;
        }
        resolvePromise({
          code: failure ? Number(failure.code) : 0,
          stdout,
          stderr,
          json: () => JSON.parse(stdout) as unknown,
        });
      },
    );
  });
}
