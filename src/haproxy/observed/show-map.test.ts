import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseShowMap } from './show-map.ts';

it('reads entries of HAProxy 2.6.12 with their references, duplicates and values with spaces', () => {
  expect(parseShowMap('0x55e29f0dea40 a.test x\n0x55e29f0ee930 a.test x\n0x55e29f0e0f90 b.test v with  spaces\n0x55e29f0f0560 d.test semi;colon space\\back\n\n')).toEqual([
    { reference: '0x55e29f0dea40', key: 'a.test', value: 'x' },
    { reference: '0x55e29f0ee930', key: 'a.test', value: 'x' },
    { reference: '0x55e29f0e0f90', key: 'b.test', value: 'v with  spaces' },
    { reference: '0x55e29f0f0560', key: 'd.test', value: 'semi;colon space\\back' },
  ]);
});

it('reads nothing from an empty map and from a refusal', () => {
  expect(parseShowMap('\n')).toEqual([]);
  expect(parseShowMap('Unknown map identifier. Please use #<id> or <file>.\n\n')).toEqual([]);
});

it('reads whatever HAProxy prints for keys without and values with spaces', () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', '.', '/', ':', '0', 'x', '#') });
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '0x', '|', '>') });
  fc.assert(fc.property(fc.array(fc.record({ reference: fc.constant('0x1f'), key: word, value })), (entries) => {
    expect(parseShowMap(`${entries.map((entry) => `${entry.reference} ${entry.key} ${entry.value}\n`).join('')}\n`)).toEqual(entries);
  }));
});
