import type { Report } from '../../doctor.ts';
import { families } from '../../findings/catalogue.ts';
import type { Finding } from '../../findings/finding.ts';
import { fingerprint } from '../fingerprint.ts';
import { Markup, html, nothing } from './escape.ts';
import { lanes } from './lanes.ts';
import type { LaneView } from './lanes.ts';
import { severityWords, storyDetails } from './story.ts';
import { style } from './style.ts';

export interface HtmlOptions {
  readonly version: string;
  /** When the report was made, as it is to be shown. */
  readonly madeAt: string;
  readonly baseline: ReadonlySet<string>;
  /** Ways of requests to draw above the findings; empty when none was traced. */
  readonly lanes: readonly LaneView[];
}

/** Most rows of a list that may be as long as the evidence. */
const mostRows = 200;

/**
 * The report as one file that needs nothing else: no script, no font, no address is asked for, and the policy in its head forbids it.
 * What is folded is a <details> element, so that it opens without a script and by keyboard.
 */
export function doctorHtml(report: Report, options: HtmlOptions): string {
  const { baseline } = options;
  const context = { captures: report.captures, baseline };
  // The worst story stands open.
  const first = report.stories.find((story) => !baseline.has(fingerprint(story.root))) ?? report.stories[0];
  const byLayer = families.map(([prefix, title]) => ({ title, stories: report.stories.filter((story) => story.root.code.startsWith(`${prefix}-`)) })).filter(({ stories }) => stories.length > 0);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"><meta name="referrer" content="no-referrer">
<title>Fairway doctor: ${report.hosts.join(', ')}</title><style>${new Markup(style)}</style></head>
<body><a class="skip" href="#findings">To the findings</a>
<header><h1>Fairway doctor</h1><p class="soft">${report.hosts.length === 0 ? 'no host named' : report.hosts.join(', ')} \u00b7 ${report.captures.filter((each) => each.formats.length > 0).length} of ${report.captures.length} captures read \u00b7 made ${options.madeAt} by Fairway ${options.version}</p>${counts(report, baseline)}</header>
<main>${lanes(options.lanes, report.captures)}
<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${report.stories.length === 0 ? html`<p><strong>Nothing was found</strong>${report.open.length > 0 ? ', but not everything could be looked at: see below.' : '.'}</p>` : byLayer.map(({ title, stories }) => html`<h3>${title}</h3>${stories.map((story) => storyDetails(story, context, story === first))}`)}</section>
${open(report)}${missing(report)}${unread(report)}${passed(report)}</main></body></html>
`.text;
}

function counts(report: Report, baseline: ReadonlySet<string>): Markup {
  const fresh = report.findings.filter((finding) => !baseline.has(fingerprint(finding)));
  const item = (severity: Finding['severity']): Markup => html`<li class="${severity}">${severityWords[severity]}: ${fresh.filter((finding) => finding.severity === severity).length}</li>`;
  const known = report.findings.length - fresh.length;
  return html`<ul class="counts">${item('error')}${item('warning')}${item('note')}<li class="soft">? COULD NOT TELL: ${report.open.length}</li>${known > 0 ? html`<li class="soft">known from the baseline: ${known}</li>` : nothing}</ul>`;
}

function open(report: Report): Markup {
  if (report.open.length === 0) return nothing;
  return html`<section><h2>Could not tell</h2><details open><summary>${report.open.length} questions without an answer</summary><table class="list"><thead><tr><th scope="col">Finding</th><th scope="col">About</th><th scope="col">Because</th></tr></thead><tbody>${report.open.slice(0, mostRows).map(({ code, subject, because }) => html`<tr><td>${code}</td><td>${subject}</td><td>${because}</td></tr>`)}</tbody></table>${rest(report.open.length)}</details></section>`;
}

function missing(report: Report): Markup {
  if (report.missing.length === 0) return nothing;
  return html`<section><h2>To know more</h2><table class="list"><thead><tr><th scope="col">Host</th><th scope="col">Command</th><th scope="col">Answers</th></tr></thead><tbody>${report.missing.slice(0, mostRows).map(({ host, command, unlocks }) => html`<tr><td>${host === '' ? '\u2013' : host}</td><td><code>${command}</code></td><td>${unlocks.join(', ')}</td></tr>`)}</tbody></table>${rest(report.missing.length)}</section>`;
}

function unread(report: Report): Markup {
  if (report.unread.length === 0) return nothing;
  return html`<section><h2>Not read</h2><p class="soft">Nothing of this counts as absent.</p><details><summary>${report.unread.length} places</summary><table class="list"><thead><tr><th scope="col">Place</th><th scope="col">Reason</th><th scope="col">Text</th></tr></thead><tbody>${report.unread.slice(0, mostRows).map(({ file, line, reason, text }) => html`<tr><td><code>${file}${line > 0 ? `:${String(line)}` : ''}</code></td><td>${reason}</td><td><code>${text.trim().slice(0, 200)}</code></td></tr>`)}</tbody></table>${rest(report.unread.length)}</details></section>`;
}

function passed(report: Report): Markup {
  if (report.passed.length === 0) return nothing;
  return html`<section><h2>Looked at, and found nothing</h2><details><summary>${report.passed.length} questions answered with no</summary><ul>${report.passed.slice(0, mostRows).map(({ code, subject }) => html`<li>${code} ${subject}</li>`)}</ul>${rest(report.passed.length)}</details></section>`;
}

function rest(all: number): Markup {
  return all > mostRows ? html`<p>and ${all - mostRows} more: <code>fairway doctor --json</code> has them.</p>` : nothing;
}
