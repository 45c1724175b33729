import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inPieces } from './in-pieces.ts';

const piecesOf = async (text: string, size: number): Promise<readonly string[]> => {
  const pieces: string[] = [];
  for await (const piece of inPieces(text, size)) pieces.push(piece);
  return pieces;
};

test('property: the pieces are the text, and only the last may end within a line', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
    const pieces = await piecesOf(text, size);
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces.slice(0, -1)) expect(piece.endsWith('\n') && piece.length > size).toBe(true);
  }));
});

test('what waits has its turn between two pieces', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('other'));
  for await (const piece of inPieces('one\ntwo\n', 1)) order.push(piece.trim());
  expect(order).toEqual(['one', 'other', 'two']);
});
