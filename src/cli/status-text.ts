import { textTable } from '../lib/text-table.ts';
import type { Health, StatusView } from '../status/status-view.ts';
import { counted, paragraph } from './paragraphs.ts';
import { safe, toned } from './terminal.ts';
import type { Terminal, Tone } from './terminal.ts';

/** Longest list shown without --all. */
const shown = 40;

/** `3 s`, `12 min`, `5 h`, `8 days`: roughly, for people. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

const ago = (now: number, time: string): string => `${age(now - Date.parse(time))} ago`;

function heading(terminal: Terminal, text: string): string {
  return `\n${toned(terminal, 'bold', text)}\n`;
}

function tableText(terminal: Terminal, columns: Parameters<typeof textTable>[0], rows: readonly (readonly string[])[]): string {
  return textTable(columns, rows.map((row) => row.map(safe)), terminal.width).map((line) => `${line}\n`).join('');
}

function limited<T>(items: readonly T[], all: boolean): { readonly items: readonly T[]; readonly rest: string } {
  if (all || items.length <= shown) return { items, rest: '' };
  return { items: items.slice(0, shown), rest: `... and ${counted(items.length - shown, 'more', 'more')}; --all shows them\n` };
}

function summary(terminal: Terminal, view: StatusView, now: number): string {
  const { fairway, haproxy, counts, reloads, drift, changes, restarts } = view;
  const current = haproxy.workers.filter((worker) => worker.current);
  const old = haproxy.workers.length - current.length;
  const reasons = Object.entries(reloads.byReason).filter(([, count]) => count > 0).map(([reason, count]) => `${reason} ${count}`).join(', ');
  const rows: (readonly [string, string, Tone | null])[] = [
    ['Fairway', `${fairway.version}, pid ${fairway.pid}, up ${age(now - Date.parse(fairway.startedAt))}, ${fairway.directory}`, null],
    ['Ready', fairway.ready ? 'yes' : 'NO', fairway.ready ? 'good' : 'bad'],
    ['HAProxy', haproxy.answers
      ? `${haproxy.version ?? '?'}, pid ${current.map(({ pid }) => pid).join(', ')}${haproxy.uptimeSeconds === null ? '' : `, up ${age(haproxy.uptimeSeconds * 1000)}`}${fairway.adopted ? ', taken over running' : ''}, ${haproxy.connections ?? '?'} of ${counted(haproxy.maxConnections ?? 0, 'connection')}${old === 0 ? '' : `, ${counted(old, 'old worker')} draining`}`
      : 'DOES NOT ANSWER', haproxy.answers ? null : 'bad'],
    ['Serving', `${counted(counts.rules, 'rule')}, ${counted(counts.pools, 'pool')}, ${counted(counts.members, 'member')}${counts.membersDown === 0 ? '' : ` (${counts.membersDown} DOWN)`}, ${counted(counts.certificates, 'certificate')}`, counts.membersDown === 0 ? null : 'warn'],
    ['Objects', `${counts.objects}, ${counts.refused} refused, ${counted(counts.warnings, 'warning')}`, counts.refused === 0 ? null : 'warn'],
    ['Last change', changes.last === null ? 'none since the start' : `${ago(now, changes.last.at)}, live after ${changes.last.milliseconds.toFixed(1)} ms, ${counted(changes.last.steps, 'step')}`, null],
    ['Reloads', reloads.total === 0 ? 'none' : `${reloads.total}: ${reasons}`, null],
    ['Drift', drift.repaired === 0 ? 'none' : `${counted(drift.repaired, 'difference')} repaired`, drift.repaired === 0 ? null : 'warn'],
    ...(restarts.total === 0 ? [] : [['Restarts', `HAProxy ended by itself ${counted(restarts.total, 'time')}`, 'bad'] as const]),
  ];
  return rows.map(([label, text, tone]) => {
    const lines = paragraph(terminal, 13, text).split('\n').filter((line) => line !== '').map((line) => line.slice(13));
    return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(13)}${tone === null ? line : toned(terminal, tone, line)}\n`).join('');
  }).join('');
}

const healthWords: Record<Health, string> = { up: 'up', down: 'DOWN', draining: 'draining', maintenance: 'maintenance', unchecked: 'not checked', absent: 'ABSENT', unknown: 'unknown' };

function rulesText(terminal: Terminal, view: StatusView, all: boolean): string {
  if (view.rules.length === 0) return '';
  const { items, rest } = limited(view.rules, all);
  const rows = items.flatMap((rule) => {
    const name = `${rule.host}${rule.path}`;
    const members = rule.members.length === 0 ? ['NO MEMBERS'] : rule.members.map((member) => {
      const at = member.address.includes(':') ? `[${member.address}]:${member.port}` : `${member.address}:${member.port}`;
      return `${at} ${healthWords[member.health]}${member.weight === 1 ? '' : ` w${member.weight}`}`;
    });
    const visible = all ? members : members.slice(0, 4);
    if (visible.length < members.length) visible.push(`... ${members.length - visible.length} more`);
    return visible.map((member, index) => (index === 0 ? [name, rule.route, rule.termination === 'none' ? 'plain' : rule.termination, member] : ['', '', '', member]));
  });
  const columns = [{ title: 'HOST AND PATH', wraps: true }, { title: 'ROUTE', wraps: true }, { title: 'TLS' }, { title: 'MEMBERS', wraps: true }];
  return heading(terminal, 'Rules') + tableText(terminal, columns, rows) + rest;
}

function certificatesText(terminal: Terminal, view: StatusView, all: boolean, now: number): string {
  if (view.certificates.length === 0) return '';
  const byEnd = view.certificates.toSorted((a, b) => (a.notAfter ?? '').localeCompare(b.notAfter ?? ''));
  const { items, rest } = limited(byEnd, all);
  const rows = items.map(({ host, route, notAfter, expired }) => [
    host, route, notAfter === null ? 'unknown' : `${notAfter.slice(0, 10)}${expired ? ' EXPIRED' : `, in ${age(Date.parse(notAfter) - now)}`}`,
  ]);
  return heading(terminal, 'Certificates, the first to end first') + tableText(terminal, [{ title: 'HOST', wraps: true }, { title: 'ROUTE', wraps: true }, { title: 'VALID UNTIL' }], rows) + rest;
}

function troubles(terminal: Terminal, view: StatusView, now: number): string {
  let text = '';
  if (view.failure !== null) text += heading(terminal, 'The latest round failed') + paragraph(terminal, 2, `${ago(now, view.failure.at)}: ${view.failure.message}`);
  if (view.refusedByHaproxy.length > 0) {
    text += heading(terminal, 'Refused by HAProxy') + view.refusedByHaproxy.map(({ rule, message }) => paragraph(terminal, 2, `${rule}: ${message}`)).join('');
  }
  if (view.refused.length > 0) {
    text += heading(terminal, 'Refused') + view.refused.slice(0, shown).map(({ kind, namespace, name, file, line, reason, message, hint }) =>
      `  ${safe(`${kind} ${namespace}/${name}  ${file}:${line}`)}\n${paragraph(terminal, 4, `${reason}: ${message}`)}${paragraph(terminal, 7, hint, '-> ')}`).join('');
  }
  if (view.problems.length > 0) {
    text += heading(terminal, 'Problems in files') + view.problems.slice(0, shown).map(({ severity, file, line, message, hint }) =>
      `  ${severity === 'error' ? 'ERROR' : 'warning'}  ${safe(`${file}:${line}`)}\n${paragraph(terminal, 4, message)}${paragraph(terminal, 7, hint, '-> ')}`).join('');
  }
  const events = [
    ...view.reloads.latest.map(({ at, reason, detail }) => ({ at, text: `reload, ${reason}: ${detail}` })),
    ...view.drift.latest.map(({ at, differences }) => ({ at, text: `drift repaired: ${differences.slice(0, 3).join('; ')}${differences.length > 3 ? '; ...' : ''}` })),
    ...view.restarts.latest.map(({ at, message }) => ({ at, text: `HAProxy restarted: ${message}` })),
  ].toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, 10);
  if (events.length > 0) text += heading(terminal, 'Latest events') + events.map((event) => paragraph(terminal, 2, `${ago(now, event.at)}  ${event.text}`)).join('');
  return text;
}

/** Plain text of `fairway status`: the sum, then what is wrong, then what is served. */
export function statusText(terminal: Terminal, view: StatusView, options: { readonly all: boolean; readonly now: number }): string {
  return summary(terminal, view, options.now) + troubles(terminal, view, options.now)
    + rulesText(terminal, view, options.all) + certificatesText(terminal, view, options.all, options.now);
}
