import { expect } from 'vitest';

/** What every page that Fairway writes keeps to: whole, alone, without a script, narrow enough for a telephone, usable by keyboard. */
export function expectSoundPage(page: string): void {
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'`);
  expect(page).not.toMatch(/<(?:link|script|iframe|img|object|embed|form|base)\b/);
  expect(page).not.toMatch(/url\(|@import|<[^>]*\s(?:src|action|srcset|on\w+)=/);
  for (const [, target = ''] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#/);
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  expect(unclosed(page)).toEqual([]);
  // At 360 px lanes stand below each other and wide lines scroll inside their own pane.
  expect(page).toContain('name="viewport" content="width=device-width, initial-scale=1"');
  expect(page).toMatch(/@media \(max-width: 48rem\) \{ \.lane \{ flex-direction: column/);
  expect(page).toMatch(/\.pane \{[^}]*overflow: auto/);
  expect(page).toMatch(/body \{[^}]*overflow-wrap: anywhere/);
  // What scrolls can be reached by keyboard.
  for (const [pane] of page.matchAll(/<div class="pane"[^>]*>/g)) expect(pane).toMatch(/tabindex="0" role="region" aria-label="[^"]/);
}

function unclosed(page: string): readonly string[] {
  const stack: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = ''] of page.replace(/<style>[^]*?<\/style>/, '').matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (['meta', 'br'].includes(name)) continue;
    if (slash !== '/') stack.push(name);
    else if (stack.pop() !== name) wrong.push(`</${name}>`);
  }
  return [...wrong, ...stack];
}
