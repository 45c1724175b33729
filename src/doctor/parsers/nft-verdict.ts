import type { Action } from '../model/firewall/rule.ts';
import type { NftCursor } from './nft-words.ts';

/** `accept`, `drop`, `jump web`, ...; null (and nothing taken) when the next word is no verdict. */
export function nftVerdict(cursor: NftCursor): Action | null {
  switch (cursor.peek()) {
    case 'accept':
      cursor.next();
      return { kind: 'accept' };
    case 'drop':
      cursor.next();
      return { kind: 'drop' };
    case 'return':
      cursor.next();
      return { kind: 'return' };
    case 'continue':
      cursor.next();
      return { kind: 'continue' };
    case 'jump':
      cursor.next();
      return { kind: 'jump', chain: cursor.next() };
    case 'goto':
      cursor.next();
      return { kind: 'goto', chain: cursor.next() };
    case 'queue':
      return { kind: 'queue', text: queueText(cursor) };
    default:
      return null;
  }
}

/** `queue num 0`, `queue flags bypass to 1-3`. */
function queueText(cursor: NftCursor): string {
  const words = [cursor.next()];
  while (['num', 'flags', 'to', 'bypass', 'fanout', ','].includes(cursor.peek()) || /^\d+(?:-\d+)?$/.test(cursor.peek())) words.push(cursor.next());
  return words.join(' ');
}
