import { expect, it } from 'vitest';
import { adminStateBits, checkStateBits, parseShowServersState } from './show-servers-state.ts';

const header = '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

it('reads the answer of HAProxy 2.6.12', () => {
  const states = parseShowServersState(`1\n${header}\n3 be 1 a 127.0.0.1 2 0 0 10 1 1 0 2 6 0 0 0 - 40955 - 0 0 - - 0\n3 be 4 ipv6 ::1 0 1 1 1 7 1 0 0 0 0 0 0 - 39879 - 1 0 - - 0\n4 be2 6 host - 0 5 1 1 1 1 0 0 8 0 0 0 localhost 80 - 0 0 - - 0\n\n`);
  expect(states).toEqual([
    { backend: 'be', server: 'a', address: '127.0.0.1', port: 40955, opState: 2, adminState: 0, userWeight: 0, initialWeight: 10, secondsSinceChange: 1, checkStatus: 1, checkResult: 0, checkState: checkStateBits.configured | checkStateBits.enabled, usesTls: false },
    { backend: 'be', server: 'ipv6', address: '::1', port: 39879, opState: 0, adminState: adminStateBits.forcedMaint, userWeight: 1, initialWeight: 1, secondsSinceChange: 7, checkStatus: 1, checkResult: 0, checkState: 0, usesTls: true },
    { backend: 'be2', server: 'host', address: null, port: 80, opState: 0, adminState: adminStateBits.forcedMaint | adminStateBits.configuredMaint, userWeight: 1, initialWeight: 1, secondsSinceChange: 1, checkStatus: 1, checkResult: 0, checkState: checkStateBits.paused, usesTls: false },
  ]);
});

it('finds the columns by name', () => {
  const moved = parseShowServersState(`2\n# new ${header.slice(2)} newer\nn 3 be 1 a 127.0.0.1 2 0 0 10 1 1 0 2 6 0 0 0 - 40955 - 1 0 - - 0 n\n`);
  expect(moved).toMatchObject([{ backend: 'be', server: 'a', port: 40955, usesTls: true }]);
});

it('reads no servers from a refusal, and never mistakes an unknown format for "no servers"', () => {
  expect(parseShowServersState("Can't find backend.\n\n")).toEqual([]);
  expect(() => parseShowServersState('1\n# be_id be_name srv_id srv_name\n3 be 1 a\n')).toThrow(/no column srv_addr, srv_port/);
});

it('reads lines that were cut off behind the header', () => {
  const text = `1\n${header}\n3 be 1 a 127.0.0.1 2 0 0 10 1 1 0 2 6 0 0 0 - 40955 - 0 0 - - 0\n3 be 4 ipv6 ::1 0 1 1 1 7 1 0 0 0 0 0 0 - 39879 - 1 0 - - 0\n`;
  const cut = text.indexOf('3 be 4');
  expect([...parseShowServersState(text.slice(0, cut), text), ...parseShowServersState(text.slice(cut), text)]).toEqual(parseShowServersState(text));
});
