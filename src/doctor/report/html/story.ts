import type { ReadCapture } from '../../reading.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Story } from '../../findings/story.ts';
import { fingerprint } from '../fingerprint.ts';
import { html, nothing } from './escape.ts';
import type { Markup } from './escape.ts';
import { evidencePanes } from './panes.ts';

export const severityWords = { error: '\u2716 ERROR', warning: '\u25b2 WARNING', note: '\u25cf NOTE' } as const satisfies Record<Finding['severity'], string>;

export interface StoryContext {
  readonly captures: readonly ReadCapture[];
  readonly baseline: ReadonlySet<string>;
  /** Fingerprints that are on the page already: two findings about one thing share theirs, and an id must not be there twice. */
  readonly shown: Set<string>;
}

/** A root with everything, and what it brought about inside it. */
export function storyDetails(story: Story, context: StoryContext, open: boolean): Markup {
  const { root, children } = story;
  const id = fingerprint(root);
  const anchor = context.shown.has(id) ? nothing : html` id="${id}"`;
  context.shown.add(id);
  return html`<details class="finding ${root.severity}"${anchor}${open ? html` open` : nothing}>
<summary><span class="word">${severityWords[root.severity]}</span> <span class="code">${root.code} ${root.title}</span> <span class="sure">${root.security ? '(security) ' : ''}confidence ${root.confidence.toFixed(2)}${context.baseline.has(id) ? ', known from the baseline' : ''}</span><span class="claim">${root.claim}</span></summary>
<div><h4>What proves it</h4>${evidencePanes(root.proofs, context.captures)}${rulesOut(root)}${lowered(root)}${fixes(root)}
<h4>How to see that it is cured</h4><p>${root.verify.text}</p>${command(root.verify.command)}${settle(root)}
<p class="soft">The page of this finding: <code>fairway doctor --explain ${root.code}</code></p>
${children.length === 0 ? nothing : html`<h4>What it brought about</h4><div class="children">${children.map((child) => storyDetails(child, context, false))}</div>`}</div></details>`;
}

function rulesOut({ rulesOut: others }: Finding): Markup {
  if (others.length === 0) return nothing;
  return html`<h4>What looks like it, and is not so</h4><ul>${others.map((other) => html`<li><strong>Not</strong> ${other.code === null ? '' : `${other.code} `}${other.what}: ${other.because}${other.line === null ? nothing : html`<br><code>${other.line.file}:${other.line.line}</code><pre>${other.line.text.trim()}</pre>`}</li>`)}</ul>`;
}

function lowered({ lowered: reasons }: Finding): Markup {
  return reasons.length === 0 ? nothing : html`<h4>What makes it less sure</h4><ul>${reasons.map(({ because }) => html`<li>${because}</li>`)}</ul>`;
}

function fixes({ fixes: all }: Finding): Markup {
  return html`<h4>What to do, the narrowest first</h4><ol>${all.map((fix) => html`<li>${fix.text}${fix.widensAccess === undefined ? nothing : html` <strong class="warning">\u25b2 WIDENS ACCESS: ${fix.widensAccess}</strong>`}${command(fix.command)}</li>`)}</ol>`;
}

function settle({ settle: asked }: Finding): Markup {
  return asked.length === 0 ? nothing : html`<h4>What would make it surer</h4>${asked.map((each) => html`<p>${each.host === '' ? '' : `${each.host}:`}</p>${command(each.command)}`)}`;
}

function command(text: string | undefined): Markup {
  return text === undefined ? nothing : html`<pre tabindex="0">${text}</pre>`;
}
