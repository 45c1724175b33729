import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogger, withoutKeys } from './logger.ts';
import type { LoggerOptions } from './logger.ts';

function collect(options: Partial<LoggerOptions> = {}): { logger: ReturnType<typeof createLogger>; lines: string[] } {
  const lines: string[] = [];
  const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6), monotonic: () => 0 };
  return { lines, logger: createLogger({ level: 'info', format: 'text', clock, write: (line) => { lines.push(line); }, ...options }) };
}

const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKC\n-----END RSA PRIVATE KEY-----';

test('text: one line with time, level, sentence and fields', () => {
  const { logger, lines } = collect();
  logger.warn('A route was refused', { route: 'shop/web', reason: 'HostAlreadyClaimed', hint: 'use another host', absent: undefined, lines: [1, 2] });
  expect(lines).toEqual(['2026-01-02T03:04:05.006Z warn  A route was refused route=shop/web reason=HostAlreadyClaimed hint="use another host" lines="1, 2"\n']);
});

test('json: the same as data', () => {
  const { logger, lines } = collect({ format: 'json' });
  logger.info('served', { rules: 3, level: 'forged' });
  expect(JSON.parse(lines[0]!)).toEqual({ time: '2026-01-02T03:04:05.006Z', level: 'info', message: 'served', rules: 3 });
});

test('lines below the level are not written', () => {
  const { logger, lines } = collect({ level: 'warn' });
  logger.info('no');
  logger.debug('no');
  logger.error('yes');
  expect(lines).toHaveLength(1);
  expect([logger.writes('info'), logger.writes('error')]).toEqual([false, true]);
});

test.each(['text', 'json'] as const)('%s: private keys never appear, whole or cut short', (format) => {
  const { logger, lines } = collect({ format });
  logger.error(`HAProxy said: ${key}`, { payload: key, list: [key], cut: key.slice(0, 45) });
  expect(lines.join('')).not.toContain('MIIE');
  expect(lines.join('').match(/\[private key\]/g)).toHaveLength(4);
  expect(withoutKeys(`a${key}b`)).toBe('a[private key]b');
});

test('whatever is logged stays on one line without control characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.constantFrom('text' as const, 'json' as const), (message, value, format) => {
    const { logger, lines } = collect({ format });
    logger.info(message, { value });
    expect(lines).toHaveLength(1);
    expect(/[\x00-\x1f\x7f]/.test(lines[0]!.slice(0, -1))).toBe(false);
  }));
});
