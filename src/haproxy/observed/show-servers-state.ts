export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** Address as text; `-` and nothing become null. */
  readonly address: string | null;
  readonly port: number;
  readonly opState: number;
  readonly adminState: number;
  readonly userWeight: number;
  readonly initialWeight: number;
  readonly secondsSinceChange: number;
  readonly checkStatus: number;
  readonly checkResult: number;
  readonly checkState: number;
  readonly usesTls: boolean;
}
/** Bits of `adminState`. */
export const adminStateBits = { forcedMaint: 0x01, inheritedMaint: 0x02, configuredMaint: 0x04, forcedDrain: 0x08, inheritedDrain: 0x10, resolutionMaint: 0x20 } as const;
/** Bits of `checkState`. */
export const checkStateBits = { inProgress: 0x01, configured: 0x02, enabled: 0x04, paused: 0x08 } as const;
export function parseShowServersState(_text: string): readonly ServerState[] { throw new Error('not written yet'); }
