interface Ending {
  /** Waits until it is over. */
  readonly end: () => Promise<void>;
  /** The same at once, for a process that is about to end. */
  readonly now: () => void;
}

const endings: Ending[] = [];

/** What a benchmark started and must not leave behind. */
export const atEnd = (ending: Ending): void => { endings.push(ending); };

/** Latest first. */
export const endAll = async (): Promise<void> => {
  for (const ending of endings.splice(0).reverse()) {
    try {
      await ending.end();
    } catch (error) {
      process.stderr.write(`cleaning up: ${String(error)}\n`);
      ending.now();
    }
  }
};

export const endAllNow = (): void => {
  for (const ending of endings.splice(0).reverse()) ending.now();
};
