import type { Report } from '../../doctor.ts';
import { families } from '../../findings/catalogue.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Story } from '../../findings/story.ts';
import { fingerprint } from '../fingerprint.ts';
import { html, nothing } from './escape.ts';
import type { Markup } from './escape.ts';
import { severityWords, storyDetails } from './story.ts';

/** Most rows of a list that may be as long as the evidence. */
const mostRows = 200;

/** Stories by layer; the worst of them stands open if `worstOpen`. */
export function findings(report: Report, baseline: ReadonlySet<string>, worstOpen: boolean): readonly Markup[] {
  const context = { captures: report.captures, baseline, shown: new Set<string>() };
  const first: Story | undefined = worstOpen ? report.stories.find((story) => !baseline.has(fingerprint(story.root))) ?? report.stories[0] : undefined;
  const byLayer = families.map(([prefix, title]) => ({ title, stories: report.stories.filter((story) => story.root.code.startsWith(`${prefix}-`)) })).filter(({ stories }) => stories.length > 0);
  return byLayer.map(({ title, stories }) => html`<h3>${title}</h3>${stories.map((story) => storyDetails(story, context, story === first))}`);
}

export function counts(report: Report, baseline: ReadonlySet<string>): Markup {
  const fresh = report.findings.filter((finding) => !baseline.has(fingerprint(finding)));
  const item = (severity: Finding['severity']): Markup => html`<li class="${severity}">${severityWords[severity]}: ${fresh.filter((finding) => finding.severity === severity).length}</li>`;
  const known = report.findings.length - fresh.length;
  return html`<ul class="counts">${item('error')}${item('warning')}${item('note')}<li class="soft">? COULD NOT TELL: ${report.open.length}</li>${known > 0 ? html`<li class="soft">known from the baseline: ${known}</li>` : nothing}</ul>`;
}

export function open(report: Report): Markup {
  if (report.open.length === 0) return nothing;
  return html`<section><h2>Could not tell</h2><details open><summary>${report.open.length} questions without an answer</summary><table class="list"><thead><tr><th scope="col">Finding</th><th scope="col">About</th><th scope="col">Because</th></tr></thead><tbody>${report.open.slice(0, mostRows).map(({ code, subject, because }) => html`<tr><td>${code}</td><td>${subject}</td><td>${because}</td></tr>`)}</tbody></table>${rest(report.open.length)}</details></section>`;
}

export function missing(asked: readonly { readonly host: string; readonly command: string; readonly unlocks: readonly string[] }[]): Markup {
  if (asked.length === 0) return nothing;
  return html`<section><h2>To know more</h2><table class="list"><thead><tr><th scope="col">Host</th><th scope="col">Command</th><th scope="col">Answers</th></tr></thead><tbody>${asked.slice(0, mostRows).map(({ host, command, unlocks }) => html`<tr><td>${host === '' ? '\u2013' : host}</td><td><code>${command}</code></td><td>${unlocks.join(', ')}</td></tr>`)}</tbody></table>${rest(asked.length)}</section>`;
}

export function unread(report: Report): Markup {
  if (report.unread.length === 0) return nothing;
  return html`<section><h2>Not read</h2><p class="soft">Nothing of this counts as absent.</p><details><summary>${report.unread.length} places</summary><table class="list"><thead><tr><th scope="col">Place</th><th scope="col">Reason</th><th scope="col">Text</th></tr></thead><tbody>${report.unread.slice(0, mostRows).map(({ file, line, reason, text }) => html`<tr><td><code>${file}${line > 0 ? `:${String(line)}` : ''}</code></td><td>${reason}</td><td><code>${text.trim().slice(0, 200)}</code></td></tr>`)}</tbody></table>${rest(report.unread.length)}</details></section>`;
}

export function passed(report: Report): Markup {
  if (report.passed.length === 0) return nothing;
  return html`<section><h2>Looked at, and found nothing</h2><details><summary>${report.passed.length} questions answered with no</summary><ul>${report.passed.slice(0, mostRows).map(({ code, subject }) => html`<li>${code} ${subject}</li>`)}</ul>${rest(report.passed.length)}</details></section>`;
}

function rest(all: number): Markup {
  return all > mostRows ? html`<p>and ${all - mostRows} more: <code>fairway doctor --json</code> has them.</p>` : nothing;
}
