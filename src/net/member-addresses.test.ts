import { describe, expect, test } from 'vitest';
import { addressFault } from './member-addresses.ts';

describe('addressFault', () => {
  test.each([
    '10.0.0.1', '192.168.1.1', '172.16.0.9', '8.8.8.8', '100.64.0.1', '169.253.255.255', '169.255.0.0', '126.255.255.255', '128.0.0.1',
    '168.63.129.15', '168.63.129.17', 'fd00::1', '2001:db8::1', 'fe00::1', 'fec0::1', '::ffff:10.0.0.1', '::10.0.0.1', 'fd00:ec2::253',
  ])('%s may be served', (address) => expect(addressFault(address)).toBeNull());

  test.each([
    '127.0.0.1', '127.255.255.254', '0.0.0.0', '169.254.169.254', '169.254.0.0', '224.0.0.1', '239.1.1.1', '168.63.129.16', '255.255.255.255',
    '::1', '::', 'fe80::1', 'febf::1', 'ff02::1', 'fd00:ec2::254', 'FD00:EC2:0:0::254', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1',
    '::ffff:169.254.169.254', '::169.254.169.254', '::ffff:168.63.129.16', '::ffff:0.0.0.0', '0:0:0:0:0:ffff:7f00:0001',
  ])('%s is local', (address) => expect(addressFault(address)).toBe('local'));

  test.each([
    '', 'localhost', 'pod.example.com', '10.0.0', '10.0.0.256', '010.0.0.1', '0x7f.0.0.1', '2130706433', '10.0.0.1:80', '10.0.0.1/32', ' 10.0.0.1',
    '10.0.0.1\n', '10.0.0.1;', '[::1]', 'fe80::1%eth0', '2001:db8::1%x', '2001:db8:::1', '10.0.0.1 ; add server',
  ])('%j is no address', (address) => expect(addressFault(address)).toBe('not-ip'));
});
