import type { Report } from '../../doctor.ts';
import { html } from './escape.ts';
import { frame } from './frame.ts';
import { counts, findings, missing, open, passed, unread } from './sections.ts';

export interface HtmlOptions {
  readonly version: string;
  /** When the report was made, as it is to be shown. */
  readonly madeAt: string;
  readonly baseline: ReadonlySet<string>;
}

/** The report as one file. */
export function doctorHtml(report: Report, options: HtmlOptions): string {
  const { baseline } = options;
  return frame({
    title: `Fairway doctor: ${report.hosts.join(', ')}`, skip: ['findings', 'To the findings'],
    header: html`<h1>Fairway doctor</h1><p class="soft">${report.hosts.length === 0 ? 'no host named' : report.hosts.join(', ')} \u00b7 ${report.captures.filter((each) => each.formats.length > 0).length} of ${report.captures.length} captures read \u00b7 made ${options.madeAt} by Fairway ${options.version}</p>${counts(report, baseline)}`,
    main: html`
<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${report.stories.length === 0 ? html`<p><strong>Nothing was found</strong>${report.open.length > 0 ? ', but not everything could be looked at: see below.' : '.'}</p>` : findings(report, baseline, true)}</section>
${open(report)}${missing(report.missing)}${unread(report)}${passed(report)}`,
  });
}
