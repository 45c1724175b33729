import { expect, it } from 'vitest';
import { parseConfigurationAlerts } from './configuration-alert.ts';

it('reads the complaints of HAProxy 2.6, and none of the lines that count them', () => {
  expect(parseConfigurationAlerts(`[NOTICE]   (19069) : haproxy version is 2.6.12-1+deb12u4
[ALERT]    (19069) : config : parsing [t5.cfg:4] : unknown keyword 'nbthred' in 'global' section; did you mean 'nbthread' maybe ?
[ALERT]    (20484) : config : parsing [len.cfg:2] : parsing [len.cfg:2] : 'stats socket' : socket path '/x' too long (max 97)
[ALERT]    (19066) : Binding [t4.cfg:15] for frontend f: cannot bind socket (Permission denied) for [127.0.0.1:1]
[WARNING]  (19066) : config : missing timeouts for frontend 'f'.
   | While not properly invalid, you will certainly encounter various problems
   | with such a configuration.
[ALERT]    (19074) : config : Cannot open configuration file/directory /nosuch : No such file or directory
[ALERT]    (19069) : config : Error(s) found in configuration file : t5.cfg
[ALERT]    (19069) : config : Fatal errors found in configuration.
`)).toEqual([
    { severity: 'alert', file: 't5.cfg', line: 4, message: "unknown keyword 'nbthred' in 'global' section; did you mean 'nbthread' maybe ?" },
    { severity: 'alert', file: 'len.cfg', line: 2, message: "'stats socket' : socket path '/x' too long (max 97)" },
    { severity: 'alert', file: 't4.cfg', line: 15, message: 'Binding [t4.cfg:15] for frontend f: cannot bind socket (Permission denied) for [127.0.0.1:1]' },
    { severity: 'warning', file: null, line: null, message: "missing timeouts for frontend 'f'. While not properly invalid, you will certainly encounter various problems with such a configuration." },
    { severity: 'alert', file: null, line: null, message: 'Cannot open configuration file/directory /nosuch : No such file or directory' },
  ]);
});
