export interface ConfigurationAlert { readonly file: string | null; readonly line: number | null; readonly message: string }
export type ConfigurationCheck = { readonly ok: true; readonly warnings: readonly ConfigurationAlert[] } | { readonly ok: false; readonly alerts: readonly ConfigurationAlert[]; readonly output: string };
export function checkConfiguration(_program: string, _file: string): Promise<ConfigurationCheck> { throw new Error('not written yet'); }
