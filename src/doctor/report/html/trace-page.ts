import type { Report } from '../../doctor.ts';
import type { Trace } from '../../trace/trace.ts';
import { html, nothing } from './escape.ts';
import type { Markup } from './escape.ts';
import { frame } from './frame.ts';
import { lanes } from './lanes.ts';
import { findings, missing, unread } from './sections.ts';
import { traceLanes } from './trace-lanes.ts';

export interface TraceHtmlOptions {
  readonly version: string;
  /** When the page was made, as it is to be shown. */
  readonly madeAt: string;
}

/** `report`: what was found in the same evidence; null for a live trace through the running router, which reads no captures. */
export function traceHtml(trace: Trace, report: Report | null, options: TraceHtmlOptions): string {
  const tone = trace.ends === 'delivered' ? 'good' : trace.ends === 'could-not-tell' ? 'warning' : 'error';
  return frame({
    title: `Fairway trace: ${trace.target.text}`, skip: ['way', 'To the way of the request'],
    header: html`<h1>Fairway trace</h1><p class="soft">${trace.target.text}${trace.client === null ? '' : ` from ${trace.client}`} \u00b7 ${trace.captures === 0 ? 'asked live' : `${String(trace.captures)} captures of ${trace.hosts.length === 0 ? 'no named host' : trace.hosts.join(', ')}`} \u00b7 made ${options.madeAt} by Fairway ${options.version}</p>
<p class="verdict"><strong class="${tone}">${trace.ends.replaceAll('-', ' ').toUpperCase()}</strong> ${trace.because}${trace.ends === 'could-not-tell' ? '' : ` (confidence ${trace.confidence.toFixed(2)})`}</p>${less(trace)}`,
    main: html`${lanes(traceLanes(trace), report?.captures ?? [])}
${missing(trace.missing)}${report === null || report.stories.length === 0 ? nothing : html`<section aria-labelledby="findings"><h2 id="findings">Everything found in this evidence</h2>${findings(report, new Set(), false)}</section>`}
${report === null ? nothing : unread(report)}`,
  });
}

function less({ lowered }: Trace): Markup {
  return lowered.length === 0 ? nothing : html`<ul>${lowered.map(({ because }) => html`<li>less sure: ${because}</li>`)}</ul>`;
}
