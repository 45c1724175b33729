import type { ReadCapture } from '../../reading.ts';
import { html, nothing } from './escape.ts';
import type { Markup } from './escape.ts';
import { excerpts } from './excerpt.ts';
import type { Excerpt, Pointed } from './excerpt.ts';

/** Captured files, cut to what stands around the lines that are pointed at; those lines are marked and say what they show. */
export function evidencePanes(lines: readonly Pointed[], captures: readonly ReadCapture[]): Markup {
  return lines.length === 0 ? nothing : html`${excerpts(lines, captures).map(pane)}`;
}

function pane(excerpt: Excerpt): Markup {
  const caption = [excerpt.host, excerpt.command].filter((each) => each !== '').join(': ');
  // The pane scrolls, so the keyboard must reach it.
  return html`<figure><figcaption><code>${excerpt.file}</code>${caption === '' ? '' : ` \u00b7 ${caption}`}</figcaption>
<div class="pane" tabindex="0" role="region" aria-label="Lines of ${excerpt.file}"><table><tbody>${excerpt.rows.map((row) => {
    if (row === null) return html`<tr><td class="n">\u22ee</td><td class="soft">lines left out</td></tr>`;
    if (row.shows === null) return html`<tr><td class="n">${row.line}</td><td>${row.text}</td></tr>`;
    return html`<tr class="why"><td class="n" aria-hidden="true">\u25bc</td><td>${row.shows}:</td></tr><tr class="hit"><td class="n">\u25b6 ${row.line}</td><td><mark>${row.text}</mark></td></tr>`;
  })}</tbody></table></div></figure>`;
}
