import { spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly seconds: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs a program to its end: exit code, and both outputs as one text. Throws only when it cannot be started. */
export function runProgram(program: string, words: readonly string[], { seconds, environment, input }: ProgramOptions): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...words], { stdio: ['pipe', 'pipe', 'pipe'], ...(environment === undefined ? {} : { env: environment }) });
    const limit = setTimeout(() => { child.kill('SIGKILL'); }, seconds * 1000);
    let output = '';
    const take = (chunk: Buffer): void => { output += chunk.toString('utf8'); };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.once('error', (error) => { clearTimeout(limit); reject(error); });
    child.once('close', (code) => { clearTimeout(limit); resolve({ code: code ?? 137, output }); });
  });
}
