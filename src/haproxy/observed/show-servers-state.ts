/** One server of `show servers state`. */
export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** Null while a name has no address (`-`). */
  readonly address: string | null;
  readonly port: number;
  /** 0 stopped, 1 starting (slow start), 2 running, 3 stopping. */
  readonly opState: number;
  /** See `adminStateBits`. */
  readonly adminState: number;
  readonly userWeight: number;
  readonly initialWeight: number;
  readonly secondsSinceChange: number;
  /** HAProxy's number of the last check's outcome: 1 none yet, 6 connected (L4OK). */
  readonly checkStatus: number;
  /** 0 unknown, 1 neutral, 2 failed, 3 passed, 4 passed but asks for no new sessions. */
  readonly checkResult: number;
  /** See `checkStateBits`. */
  readonly checkState: number;
  readonly usesTls: boolean;
}

/** Bits of `adminState` (management.txt, srv_admin_state). */
export const adminStateBits = {
  forcedMaint: 0x01, inheritedMaint: 0x02, configuredMaint: 0x04, forcedDrain: 0x08, inheritedDrain: 0x10, resolutionMaint: 0x20, hostnameMaint: 0x40,
} as const;

/** Bits of `checkState` (management.txt, srv_check_state). */
export const checkStateBits = { inProgress: 0x01, configured: 0x02, enabled: 0x04, paused: 0x08 } as const;

/** The columns that are read, by their name in the header: HAProxy may add or move columns. */
const columns = [
  'be_name', 'srv_name', 'srv_addr', 'srv_port', 'srv_op_state', 'srv_admin_state', 'srv_uweight', 'srv_iweight', 'srv_time_since_last_change',
  'srv_check_status', 'srv_check_result', 'srv_check_state', 'srv_use_ssl',
] as const;

/**
 * `show servers state [<backend>]`: a format version, a header, one line a server, several backends in a row:
 *
 *     1
 *     # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight ...
 *     3 be 1 a 127.0.0.1 2 0 10 10 0 1 0 2 6 0 0 0 - 39879 - 0 0 - - 0
 *
 * None when the text is a sentence (`Can't find backend.`). Throws when a needed column is missing: that would be a HAProxy that
 * nobody has tried, and an empty answer would look as if it had no servers. `headed`: the text that has the header, where `text` is only
 * some whole lines of it.
 */
export function parseShowServersState(text: string, headed = text): readonly ServerState[] {
  const headerAt = headed.indexOf('# ');
  if (headerAt < 0) return [];
  const header = headed.slice(headerAt + 2, headed.indexOf('\n', headerAt)).split(' ');
  const places = columns.map((column) => header.indexOf(column));
  const missing = columns.filter((_, index) => places[index] === -1);
  if (missing.length > 0) throw new Error(`"show servers state" of this HAProxy has no column ${missing.join(', ')}`);
  const [backend, server, address, port, opState, adminState, userWeight, initialWeight, change, checkStatus, checkResult, checkState, tls] = places as [
    number, number, number, number, number, number, number, number, number, number, number, number, number,
  ];
  const states: ServerState[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = line.split(' ');
    if (fields.length < header.length) continue;
    const number = (place: number): number => Number(fields[place]);
    const shown = fields[address] as string;
    states.push({
      backend: fields[backend] as string,
      server: fields[server] as string,
      address: shown === '-' ? null : shown,
      port: number(port),
      opState: number(opState),
      adminState: number(adminState),
      userWeight: number(userWeight),
      initialWeight: number(initialWeight),
      secondsSinceChange: number(change),
      checkStatus: number(checkStatus),
      checkResult: number(checkResult),
      checkState: number(checkState),
      usesTls: fields[tls] === '1',
    });
  }
  return states;
}
