import type { ExplainReport } from './explain-report.ts';
import { paragraph } from './paragraphs.ts';
import { safe, toned } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const listenerWords = { plain: 'clear text', sni: 'looks at the SNI', tls: 'terminates TLS' } as const;
const label = (word: string): string => word.padEnd(13);

function answerText(terminal: Terminal, { answer }: ExplainReport): string {
  switch (answer.does) {
    case 'serve':
    case 'pass-through': {
      const words = answer.does === 'serve' ? 'is served by' : 'is passed through, TLS and all, to';
      const members = answer.members.map(({ address, port, weight, service, pod }) => {
        const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
        return `${' '.repeat(13)}${safe(`${at}  ${service}${pod === '' ? '' : `/${pod}`}  weight ${weight}`)}\n`;
      }).join('');
      return `${label('Answer')}${toned(terminal, 'good', `${words} the members of ${safe(answer.route ?? '')}`)}\n${members}`;
    }
    case 'redirect': return `${label('Answer')}${toned(terminal, 'good', `302 redirect to ${safe(answer.location ?? '')}`)}, by ${safe(answer.route ?? '')}\n`;
    case 'answer': return `${label('Answer')}${toned(terminal, 'bad', `${answer.status ?? ''} from Fairway itself: ${answer.reason ?? ''}`)}${answer.route === null ? '' : ` (${safe(answer.route)})`}\n`;
  }
}

/** Plain text of `fairway explain`: the answer first, then the way to it. */
export function explainText(terminal: Terminal, report: ExplainReport): string {
  const { request } = report;
  let text = `${label('Request')}${safe(`${request.method} ${request.scheme}://${request.host}${request.path}`)}\n`;
  if (request.scheme === 'https') text += `${label('SNI')}${request.sni === null ? 'none' : safe(request.sni)}\n`;
  text += `${label('Listener')}${report.listeners.map(({ name, port }) => `port ${port}, ${listenerWords[name]}`).join('; then ')}\n`;
  if (report.certificate !== null) {
    text += `${label('Certificate')}${report.certificate.host === null ? 'the default one' : safe(`${report.certificate.host}, of ${report.certificate.route ?? ''}`)}\n`;
  }
  text += answerText(terminal, report);
  if (report.haproxy !== null) text += paragraph(terminal, 13, report.haproxy.message, label('HAProxy'));
  text += `\n${report.candidates.length === 0 ? 'No route has this host.' : 'Candidates, in the order in which they are asked:'}\n`;
  for (const candidate of report.candidates) {
    const word = candidate.won ? toned(terminal, 'good', 'WON ') : toned(terminal, 'dim', 'lost');
    const place = candidate.file === null ? '' : `  ${toned(terminal, 'dim', safe(`${candidate.file}:${candidate.line ?? 1}`))}`;
    text += `  ${word}  ${safe(`${candidate.route}  ${candidate.host}${candidate.path}  ${candidate.termination === 'none' ? 'plain' : candidate.termination}`)}${place}\n`;
    text += paragraph(terminal, 8, candidate.why);
  }
  if (report.refused.length > 0) {
    text += '\nAsked for by objects that were not admitted:\n';
    for (const { host, path, reason } of report.refused) text += `  ${safe(`${host}${path}  ${reason}`)}\n`;
    text += '  fairway check tells why.\n';
  }
  return text;
}
