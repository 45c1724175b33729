import type { ReadCapture } from '../../reading.ts';
import type { SourceLine } from '../../evidence.ts';
import type { Pointed } from './excerpt.ts';
import { html, nothing } from './escape.ts';
import type { Markup } from './escape.ts';
import { evidencePanes } from './panes.ts';

/** One way of a request, as the page draws it: hops from left to right. Plain values; who walks the way is not the page's matter. */
export interface LaneView {
  /** `tcp://10.1.26.252:10051 from 10.0.19.92`, `the way back` */
  readonly title: string;
  /** The end in words: `dropped at hop 4 (LV-02)`. */
  readonly verdict: string;
  readonly hops: readonly HopView[];
}

export interface HopView {
  /** `VIP/ARP`, `firewall`, `router` */
  readonly layer: string;
  /** Where: a host, a chain, a server. */
  readonly where: string;
  /** `ahead`: the request did not get there. */
  readonly state: 'ok' | 'failed' | 'unknown' | 'skipped' | 'ahead';
  /** One sentence. */
  readonly says: string;
  /** More: open where the hop is the one that fails, folded elsewhere. */
  readonly details: readonly string[];
  readonly lines: readonly Pointed[];
  /** What it looks like and is not, with the line that excludes it. */
  readonly excluded: readonly { readonly what: string; readonly because: string; readonly line: SourceLine | null }[];
}

const states = {
  ok: ['good', '\u2713 passes'], failed: ['error', '\u2716 FAILS HERE'], unknown: ['warning', '? cannot tell'], skipped: ['soft', '\u2013 skipped'], ahead: ['soft', '\u2013 not reached'],
} as const satisfies Record<HopView['state'], readonly [string, string]>;

/** Lanes below each other; below each lane the hop that decides, open, with its evidence. */
export function lanes(views: readonly LaneView[], captures: readonly ReadCapture[]): Markup {
  if (views.length === 0) return nothing;
  return html`<section aria-labelledby="way"><h2 id="way">The way of the request</h2>${views.map((view) => html`<h3>${view.title}</h3><p><strong>${view.verdict}</strong></p>
<ol class="lane" aria-label="${view.title}: hops in order">${view.hops.map(hopItem)}</ol>${opened(view).map((hop) => deciding(hop, captures))}`)}</section>`;
}

function hopItem(hop: HopView): Markup {
  const [tone, word] = states[hop.state];
  const folded = hop.state === 'failed' || (hop.details.length === 0 && hop.lines.length === 0) ? nothing
    : html`<details><summary>more</summary>${hop.details.map((each) => html`<p>${each}</p>`)}${hop.lines.map(({ line, shows }) => html`<p><code>${line.file}:${line.line}</code> ${shows}</p>`)}</details>`;
  return html`<li class="hop ${hop.state}"><span class="layer">${hop.layer}</span> <span class="soft">${hop.where}</span><span class="state ${tone}">${word}</span><p>${hop.says}</p>${folded}</li>`;
}

/** The hop that fails, or else the first that leaves the question open. */
function opened(view: LaneView): readonly HopView[] {
  const failed = view.hops.filter((hop) => hop.state === 'failed');
  return failed.length > 0 ? failed : view.hops.filter((hop) => hop.state === 'unknown').slice(0, 1);
}

function deciding(hop: HopView, captures: readonly ReadCapture[]): Markup {
  const [tone, word] = states[hop.state];
  return html`<div class="failing ${hop.state}"><h4><span class="${tone}">${word}:</span> ${hop.layer} ${hop.where}</h4><p>${hop.says}</p>${hop.details.length === 0 ? nothing : html`<ul>${hop.details.map((each) => html`<li>${each}</li>`)}</ul>`}${evidencePanes(hop.lines, captures)}${whyNot(hop)}</div>`;
}

function whyNot({ excluded }: HopView): Markup {
  if (excluded.length === 0) return nothing;
  return html`<details open><summary>What looks like it, and is not so</summary><ul>${excluded.map(({ what, because, line }) => html`<li><strong>Not</strong> ${what}: ${because}${line === null ? nothing : html`<br><code>${line.file}:${line.line}</code><pre tabindex="0">${line.text.trim()}</pre>`}</li>`)}</ul></details>`;
}
