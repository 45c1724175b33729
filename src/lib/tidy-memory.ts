/** What V8's `gc` takes, where the process was started with --expose-gc (v8/src/extensions/gc-extension.cc). */
type CollectGarbage = (options: { readonly type: 'major'; readonly execution: 'async'; readonly flavor: 'last-resort' }) => Promise<void>;

/**
 * Gives back the memory that starting needed and running does not. V8 would keep it: it frees pages only when it runs short.
 * Does nothing where the process was started without --expose-gc.
 */
export const tidyMemory = async (): Promise<void> => {
  const { gc } = globalThis as { readonly gc?: CollectGarbage };
  await gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
};
