import { displayWidth, fitting } from '../../lib/display-width.ts';
import { wrap } from '../../lib/text-table.ts';
import type { SourceLine } from '../evidence.ts';
import type { Finding } from '../findings/finding.ts';
import { endpointText } from '../trace/target.ts';
import type { Branch, Ends, Hop, HopState, Layer, Trace } from '../trace/trace.ts';
import type { TextOptions } from './text.ts';

export type TraceTextOptions = Pick<TextOptions, 'width' | 'paint' | 'clean' | 'verbose'>;

const words = { ok: 'ok', dropped: 'DROP', refused: 'REFUSED', unknown: 'unknown', skipped: 'skipped', 'not-reached': 'not reached' } as const satisfies Record<HopState, string>;
const tones = { ok: 'good', dropped: 'bad', refused: 'bad', unknown: 'warn', skipped: 'dim', 'not-reached': 'dim' } as const satisfies Record<HopState, string>;
const names = { client: 'client', dns: 'dns', vip: 'arp/vip', balancer: 'lvs', forward: 'forward', conntrack: 'conntrack', router: 'router', tls: 'tls', member: 'member', return: 'way back' } as const satisfies Record<Layer, string>;
const endings = { delivered: 'delivered', dropped: 'dropped', refused: 'refused', 'could-not-tell': 'could not tell' } as const satisfies Record<Ends, string>;

/** Column in which a hop's sentence starts. */
const indent = 27;
const margin = 9;

/** One line for each hop, many for the one that decides; then the verdict, the fix, and what is missing. */
export function traceText(trace: Trace, options: TraceTextOptions): string {
  const out: string[] = [header(trace, options)];
  let number = 1;
  for (const hop of trace.trunk) out.push(hopText(hop, number++, trace, options));
  for (const branch of trace.branches) {
    out.push(branchTitle(branch, trace, options));
    branch.hops.forEach((hop, at) => out.push(hopText(hop, number + at, trace, options)));
  }
  out.push(verdictText(trace, options), adviceText(trace, options), missingText(trace, options));
  return out.join('');
}

function header({ target, client, captures, hosts }: Trace, options: TraceTextOptions): string {
  const from = captures === 0 ? '' : `   ${String(captures)} ${captures === 1 ? 'capture' : 'captures'} of ${String(hosts.length)} ${hosts.length === 1 ? 'host' : 'hosts'}`;
  return `${options.paint('bold', options.clean(`${target.scheme}://${endpointText(target.host, target.port)}${target.scheme === 'tcp' ? '' : target.path}`))}${client === null ? '' : options.clean(` from ${client}`)}${from}\n`;
}

function branchTitle(branch: Branch, trace: Trace, options: TraceTextOptions): string {
  const count = branch.names.length;
  const shown = options.verbose ? branch.names : branch.names.slice(0, 8);
  const title = `${count === 1 ? 'branch' : `${String(count)} branches alike`}: ${shown.join(', ')}${shown.length < count ? ` and ${String(count - shown.length)} more` : ''}`;
  return trace.branches.length === 1 && count === 1 ? '' : block(options, 4, title, '', null);
}

function hopText(hop: Hop, number: number, trace: Trace, options: TraceTextOptions): string {
  const decides = hop === trace.deciding;
  const word = words[hop.state];
  const lead = `${String(number).padStart(2)} ${names[hop.layer].padEnd(10)} ${options.paint(tones[hop.state], word)}${' '.repeat(Math.max(1, 13 - word.length))}`;
  const out = [block(options, indent, hop.says, lead, hop.rule === null ? hop.line : null)];
  const sub = (text: string, line: SourceLine | null): void => { out.push(block(options, indent, text, ' '.repeat(indent), line)); };
  if (hop.rule !== null && (decides || options.verbose)) {
    const { rule } = hop;
    sub(`table ${rule.table}: ${rule.path.join(' > ')}`, null);
    sub(`${rule.number === null ? '' : `rule ${String(rule.number)}: `}${rule.text}`, rule.line);
    if (rule.comment !== null && !rule.text.includes(rule.comment)) sub(`"${rule.comment}"`, null);
    sub(rule.packets === null ? 'its counter was not captured' : `${String(rule.packets)} packets so far`, null);
  } else if (hop.rule?.line) sub(hop.rule.text, hop.rule.line);
  // What else is known is told of the hop that decides; of the router always, for its look-ups are the answer.
  if (decides || options.verbose || (hop.layer === 'router' && hop.state !== 'not-reached') || (hop.layer === 'client')) for (const detail of hop.details) if (hop.layer !== 'client' || detail.line !== hop.line || decides) sub(detail.text, detail.line);
  if (decides || options.verbose) for (const each of hop.assumptions) sub(`taken for granted: ${each}`, null);
  for (const finding of hop.findings) sub(options.verbose ? `${finding.severity}: ${finding.code} ${finding.claim}` : `${finding.severity}: ${finding.code} ${finding.name}, ${finding.title}`, null);
  return out.join('');
}

function verdictText(trace: Trace, options: TraceTextOptions): string {
  const { deciding, ends } = trace;
  const at = deciding === null ? '' : ` at hop ${hopNumbers(trace, deciding)}`;
  const root = rootOf(deciding);
  const sure = ends === 'could-not-tell' ? '' : `, confidence ${String(trace.confidence)}${trace.lowered.map((each) => `; -${String(each.by)}: ${each.because}`).join('')}`;
  const text = `${endings[ends]}${at}${root === null ? '' : `, ${root.code} ${root.name}`}${sure}`;
  return `${block(options, margin, text, options.paint(ends === 'delivered' ? 'good' : ends === 'could-not-tell' ? 'warn' : 'bad', 'VERDICT  '), null)}${trace.because === '' ? '' : block(options, margin, trace.because, 'BECAUSE  ', null)}`;
}

function hopNumbers(trace: Trace, deciding: Hop): string {
  const inTrunk = trace.trunk.indexOf(deciding);
  if (inTrunk >= 0) return String(inTrunk + 1);
  const branch = trace.branches.find((each) => each.hops.includes(deciding));
  return branch === undefined ? '?' : `${String(trace.trunk.length + branch.hops.indexOf(deciding) + 1)}${trace.branches.length > 1 ? ` of ${branch.names[0] ?? ''}` : ''}`;
}

/** The worst of the findings about the hop that decides. */
export function rootOf(hop: Hop | null): Finding | null {
  const order = { error: 0, warning: 1, note: 2 } as const;
  const line = hop?.rule?.line ?? hop?.line ?? null;
  const proves = (finding: Finding): number => (finding.proofs.some((proof) => proof.line.file === line?.file && proof.line.line === line.line) ? 0 : 1);
  return [...(hop?.findings ?? [])].sort((a, b) => proves(a) - proves(b) || order[a.severity] - order[b.severity])[0] ?? null;
}

function adviceText(trace: Trace, options: TraceTextOptions): string {
  const root = trace.ends === 'dropped' || trace.ends === 'refused' ? rootOf(trace.deciding) : null;
  if (root === null) return '';
  const out = root.fixes.map((fix, at) => `${block(options, margin, `${fix.text}${fix.widensAccess === undefined ? '' : ` WIDENS ACCESS: ${fix.widensAccess}`}`, at === 0 ? 'FIX      ' : '     or  ', null)}${fix.command === undefined ? '' : `${' '.repeat(margin + 2)}${options.clean(fix.command)}\n`}`);
  out.push(block(options, margin, root.verify.text, 'CHECK    ', null));
  if (root.verify.command !== undefined) out.push(`${' '.repeat(margin + 2)}${options.clean(root.verify.command)}\n`);
  return out.join('');
}

function missingText(trace: Trace, options: TraceTextOptions): string {
  if (trace.missing.length === 0) return '';
  const shown = options.verbose ? trace.missing : trace.missing.slice(0, 8);
  const rest = trace.missing.length - shown.length;
  const lines = shown.map(({ host, command, unlocks }, at) => `${at === 0 ? 'MISSING  ' : ' '.repeat(margin)}${host === '' ? '' : `${options.clean(host)}: `}${options.clean(command)}   ${options.paint('dim', `-> ${unlocks.map((layer) => names[layer]).join(', ')}`)}\n`);
  return `${lines.join('')}${rest > 0 ? `${' '.repeat(margin)}and ${String(rest)} more (-v)\n` : ''}`;
}

/** A paragraph behind `lead`, its evidence at the right edge of the last line, or on a line of its own. `lead` may be painted: only its width on the screen counts, and that is `indent`. */
function block(options: TraceTextOptions, at: number, text: string, lead: string, line: SourceLine | null): string {
  const space = ' '.repeat(at);
  const first = lead === '' ? space : lead;
  const place = line === null ? '' : options.clean(`${line.file}${line.line > 0 ? `:${String(line.line)}` : ''}`);
  const clean = options.clean(text);
  if (options.width === Infinity) return `${first}${clean}${place === '' ? '' : `   ${place}`}\n`;
  const columns = Math.max(24, options.width - at);
  const lines = wrap(clean, columns);
  const last = lines.at(-1) ?? '';
  const out = lines.map((each, index) => `${index === 0 ? first : space}${each}`);
  if (place === '') return `${out.join('\n')}\n`;
  const free = columns - displayWidth(last) - displayWidth(place);
  if (free >= 2) return `${out.join('\n')}${' '.repeat(free)}${options.paint('dim', place)}\n`;
  const cut = displayWidth(place) > columns ? `...${fittingEnd(place, columns - 3)}` : place;
  return `${out.join('\n')}\n${' '.repeat(Math.max(at, options.width - displayWidth(cut)))}${options.paint('dim', cut)}\n`;
}

/** The end of a path says more than its beginning. */
function fittingEnd(text: string, width: number): string {
  const turned = (each: string): string => Array.from(each).reverse().join('');
  return turned(fitting(turned(text), width));
}
