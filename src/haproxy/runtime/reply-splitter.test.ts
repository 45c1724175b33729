import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanReply, ReplySplitter } from './reply-splitter.ts';

describe('the output of prompt mode', () => {
  it('is cut into one reply for each prompt, wherever the chunks end', () => {
    const reply = fc.constantFrom('', '\n', 'New server registered.\n', 'Server deleted.', '> odd\n', 'a\n>b\n');
    fc.assert(fc.property(fc.array(reply), fc.array(fc.nat({ max: 40 })), (replies, cuts) => {
      const text = replies.map((one) => `${one}\n> `).join('');
      const splitter = new ReplySplitter();
      const got: string[] = [];
      let at = 0;
      for (const cut of cuts) {
        got.push(...splitter.push(text.slice(at, at + cut)));
        at += cut;
      }
      got.push(...splitter.push(text.slice(at)));
      expect(got.map((one) => cleanReply(one, 0))).toEqual(replies.map((one) => one.replaceAll(/^\n+|\n+$/g, '')));
      expect(splitter.rest).toBe('');
    }));
  });

  it('loses the prompts of payload lines, and only those', () => {
    expect(cleanReply('+ + Missing value for key \'c\'.\n', 2)).toBe("Missing value for key 'c'.");
    expect(cleanReply('+ + + x', 2)).toBe('+ x');
  });
});
