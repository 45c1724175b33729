import { expect, it } from 'vitest';
import { deriveMaxConnections, parseOpenFilesLimit } from './limits.ts';
import type { ConnectionBudget } from './limits.ts';

const budget: ConnectionBudget = { openFiles: 20_000, listeners: 6, reserved: 100, checkedServers: 0, threads: 2, wanted: null };

it('reads the limits of a process', () => {
  expect(parseOpenFilesLimit('Limit                     Soft Limit           Hard Limit           Units     \nMax processes             96343                96343                processes \nMax open files            1024                 524288               files     \n')).toEqual({ soft: 1024, hard: 524288 });
  expect(parseOpenFilesLimit('Max open files            unlimited            unlimited            files')).toEqual({ soft: null, hard: null });
  expect(parseOpenFilesLimit('')).toEqual({ soft: null, hard: null });
});

it('leaves room for everything that is no connection', () => {
  expect(deriveMaxConnections(budget).maxConnections).toBe((20_000 - 6 - 100 - 2 * 4) / 2);
  expect(deriveMaxConnections({ ...budget, checkedServers: 5000 }).maxConnections).toBe(7443);
});

it('says what the limit costs, and which limit would do', () => {
  expect(deriveMaxConnections(budget).sentence).toBe('The limit of 20000 open files lets HAProxy take 9943 connections; raise it (LimitNOFILE=, ulimit -n) to 100114 for 50000.');
  expect(deriveMaxConnections({ ...budget, wanted: 12_000 }).sentence).toMatch(/9943 connections, not the 12000 asked for; raise it .* to 24114\./);
  expect(deriveMaxConnections({ ...budget, wanted: 500 })).toEqual({ maxConnections: 500, sentence: 'The limit of 20000 open files allows the 500 connections HAProxy is set to take.' });
  expect(deriveMaxConnections({ ...budget, openFiles: 100_114 }).maxConnections).toBe(50_000);
  expect(deriveMaxConnections({ ...budget, openFiles: null }).maxConnections).toBe(50_000);
});

it('never fails over a low limit', () => {
  expect(deriveMaxConnections({ ...budget, openFiles: 64 }).maxConnections).toBe(16);
});
