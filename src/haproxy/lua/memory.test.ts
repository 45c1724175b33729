import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';

const spy = `core.register_init(function()
  core.Info(("spy %s %s %s %s"):format(tostring(core.proxies), tostring(core.frontends), tostring(core.backends), tostring(collectgarbage("isrunning"))))
end)
`;

test('no Lua state keeps a description of every proxy, and the collector runs again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairway-lua-'));
  const memory = fileURLToPath(new URL('./memory.lua', import.meta.url));
  const watch = join(directory, 'spy.lua');
  writeFileSync(watch, spy);
  const loads = (words: string): string => ['lua-load', 'lua-load-per-thread'].map((load) => words.replaceAll('$LOAD', load)).join('\n');
  const haproxy = await startScratchHaproxy('frontend one\n  bind unix@$DIR/one.sock\n  default_backend two\nbackend two\n  server three 127.0.0.1:1', {
    directory, global: `  nbthread 2\n${loads(`  $LOAD ${memory}\n  $LOAD ${watch}`)}`,
  });
  try {
    // The common state and one for each of two threads.
    expect(haproxy.output().match(/spy .*/g)).toEqual(Array.from({ length: 3 }, () => 'spy nil nil nil true'));
  } finally {
    await haproxy.stop();
  }
});
