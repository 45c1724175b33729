import { expect, it } from 'vitest';
import { parseShowInfo } from './show-info.ts';

it('reads one field a line, empty values and values with colons included', () => {
  const info = parseShowInfo('Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nUptime: 0d 0h07m11s\nPid: 14927\ndescription: \nnode: a:b\n\n');
  expect([...info]).toEqual([['Name', 'HAProxy'], ['Version', '2.6.12-1+deb12u4'], ['Uptime', '0d 0h07m11s'], ['Pid', '14927'], ['description', ''], ['node', 'a:b']]);
});
