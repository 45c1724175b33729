import { EVENT_ID } from 'js-yaml';
import type { Event } from 'js-yaml';

/** What following every alias would come to. */
export type Expansion = { readonly is: 'bounded' } | { readonly is: 'recursive' } | { readonly is: 'exploding'; readonly nodes: number };

/** Fewer nodes than this never hurt, however they came about. */
const harmless = 100_000;
/** A document may say everything about ten times. */
const factor = 10;

/**
 * Counts nodes as if aliases were written out, without writing them out: the classic bomb of nine lists of nine aliases
 * is a few hundred bytes of text and a thousand million nodes. A node that holds itself is told apart.
 */
export function expansionOf(events: readonly Event[], source: string): Expansion {
  if (!events.some((event) => event.type === EVENT_ID.ALIAS)) return { is: 'bounded' };
  const sizes = new Map<string, number>();
  const open: { name: string; nodes: number }[] = [];
  let total = 0;
  const add = (nodes: number): void => {
    const around = open.at(-1);
    if (around === undefined) total += nodes;
    else around.nodes += nodes;
  };
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        open.push({ name: 'anchorStart' in event && event.anchorStart !== -1 ? source.slice(event.anchorStart, event.anchorEnd) : '', nodes: 1 });
        break;
      case EVENT_ID.SCALAR:
        if (event.anchorStart !== -1) sizes.set(source.slice(event.anchorStart, event.anchorEnd), 1);
        add(1);
        break;
      case EVENT_ID.ALIAS: {
        const name = source.slice(event.anchorStart, event.anchorEnd);
        if (open.some((around) => around.name === name)) return { is: 'recursive' };
        // An alias to nothing is the constructor's to report.
        add(sizes.get(name) ?? 1);
        break;
      }
      case EVENT_ID.POP: {
        const closed = open.pop();
        if (closed === undefined) break;
        if (closed.name !== '') sizes.set(closed.name, closed.nodes);
        add(closed.nodes);
        break;
      }
    }
  }
  return total > harmless && total > events.length * factor ? { is: 'exploding', nodes: total } : { is: 'bounded' };
}
