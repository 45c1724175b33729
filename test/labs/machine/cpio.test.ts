import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cpio } from './cpio.ts';
import { installed } from './programs.ts';

test('another program unpacks the archive: names, contents, rights, links, and folders nobody named', (context) => {
  const [unpacker] = installed(['cpio', 'busybox']);
  if (unpacker === undefined) { context.skip('neither cpio nor busybox is installed'); return; }
  const folder = mkdtempSync(join(tmpdir(), 'fairway-cpio-'));
  try {
    // Lengths that need no, one, two and three bytes of padding.
    const texts = ['', 'abc', 'ab', 'a', 'abcd'];
    writeFileSync(join(folder, 'archive'), cpio([
      ...texts.map((text, place) => ({ kind: 'file' as const, path: `deep/er/file-${'x'.repeat(place)}`, mode: 0o640, content: Buffer.from(text) })),
      { kind: 'link', path: 'deep/link', target: '/somewhere' },
      { kind: 'directory', path: 'deep' },
    ]));
    execFileSync('sh', ['-c', `cd "$1" && "$2" ${unpacker.name === 'busybox' ? 'cpio' : ''} -i -d < archive`, 'sh', folder, unpacker.file], { stdio: 'pipe' });
    for (const [place, text] of texts.entries()) {
      const file = join(folder, `deep/er/file-${'x'.repeat(place)}`);
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(statSync(file).mode & 0o777).toBe(0o640);
    }
    expect(readlinkSync(join(folder, 'deep/link'))).toBe('/somewhere');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
