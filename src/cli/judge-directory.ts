import { createAdmission } from '../admission/admit.ts';
import type { Verdict } from '../admission/verdict.ts';
import type { Config } from '../config.ts';
import { ManifestDirectory } from '../sources/manifest-directory.ts';
import { readManifestDirectory } from '../sources/read-manifest-directory.ts';
import { DirectoryMissing } from '../sources/require-directory.ts';
import type { SourceProblem } from '../sources/source.ts';
import { Store } from '../store/store.ts';
import { createTableBuilder } from '../table/build-table.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';

/** What a directory asks for and what came of it, as `run` would see it at this moment. */
export interface JudgedDirectory {
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly SourceProblem[];
  /** Made when asked for: most of the work. */
  readonly table: () => RoutingTable;
}

/** Reads a directory once and judges every object. Fails with "missing" where there is none. */
export function judgeDirectory(directory: string, config: Config, now: number): JudgedDirectory {
  const snapshot = readOnce(directory);
  const store = new Store();
  store.replace(snapshot.resources);
  const { lineOf } = new ManifestDirectory(directory);
  const { verdicts, claims } = createAdmission({ ...config.admission, domain: config.tls.domain, lineOf, now })(store);
  return {
    verdicts,
    problems: snapshot.problems,
    // Certificates by default and the CA of the settings change no decision between rules.
    table: () => createTableBuilder({ ...config.defaults, allowLocalAddresses: config.admission.allowLocalAddresses, defaultDestinationCa: null })({ claims, verdicts, view: store, changed: null, defaultCertificate: '' }),
  };
}

function readOnce(directory: string): ReturnType<typeof readManifestDirectory> {
  try {
    return readManifestDirectory(directory);
  } catch (error) {
    if (!(error instanceof DirectoryMissing)) throw error;
    const isThere = !error.message.endsWith('does not exist');
    throw new CommandFailure(isThere ? exitCodes.unreadable : exitCodes.missing, error.message);
  }
}
