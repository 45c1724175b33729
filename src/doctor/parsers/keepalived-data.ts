import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { isJson, isObject, json, lineHaving, recognise, textOf } from './read-lines.ts';

/** What a running keepalived says about one VRRP instance: `/tmp/keepalived.data`, `.stats` or `.json`. */
export interface VrrpDataRecord {
  readonly kind: 'vrrp-data';
  readonly source: SourceLine;
  readonly instance: string;
  readonly from: 'data' | 'stats' | 'json';
  /** Key as printed, lower case: `state`, `priority`, `send advert after receive higher priority advert`, `become master`. */
  readonly values: ReadonlyMap<string, { readonly value: string; readonly source: SourceLine }>;
  readonly vips: readonly { readonly text: string; readonly source: SourceLine }[];
}

const jsonStates = ['INIT', 'BACKUP', 'MASTER', 'FAULT'];

function parse(capture: Capture): Reading<VrrpDataRecord> {
  if (isJson(capture)) return parseJson(capture);
  const records: VrrpDataRecord[] = [];
  let values = new Map<string, { value: string; source: SourceLine }>();
  let vips: { text: string; source: SourceLine }[] = [];
  let listing = false;
  let section = '';
  for (let index = 0; index < capture.lines.length; index++) {
    const source = sourceLine(capture, index);
    const text = source.text.trim();
    if (text === '' || text.length > 1024) continue;
    const stats = /^VRRP Instance: (\S+)/.exec(text);
    const data = /^VRRP Instance = (\S+)/.exec(text);
    if (stats || data) {
      values = new Map();
      vips = [];
      listing = false;
      section = '';
      records.push({ kind: 'vrrp-data', source, instance: (stats ?? data)?.[1] ?? '', from: stats ? 'stats' : 'data', values, vips });
      continue;
    }
    if (records.length === 0) continue;
    // Another topology begins at the left margin: `< VRRP Scripts >`, `------< LVS Topology >------`.
    if (/^-+<.*>-+$/.test(text)) { values = new Map(); vips = []; continue; }
    if (/^Virtual IP(?: \(\d+\))?(?: =.*)?:?$/i.test(text)) { listing = true; continue; }
    if (listing && /^[\da-fA-F:.*x]+(?:\/\d+)?(?:\s|$)/.test(text)) { vips.push({ text, source }); continue; }
    listing = false;
    const pair = /^([A-Za-z][^=:]{1,80}?)\s*(?:=|:)\s*(.*)$/.exec(text);
    if (!pair) continue;
    // .stats groups figures: `Advertisements:` then `Received: 5`.
    if ((pair[2] ?? '') === '') { section = (pair[1] ?? '').toLowerCase(); continue; }
    const key = (pair[1] ?? '').toLowerCase();
    values.set(section === '' ? key : `${section} ${key}`, { value: pair[2] ?? '', source });
    if (section !== '' && !values.has(key)) values.set(key, { value: pair[2] ?? '', source });
  }
  return { records, unread: [] };
}

function parseJson(capture: Capture): Reading<VrrpDataRecord> {
  const read = json(capture);
  if ('reason' in read) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'keepalived-data', read.reason)] };
  const list = Array.isArray(read.value) ? read.value : isObject(read.value) && Array.isArray(read.value['vrrp']) ? read.value['vrrp'] : [];
  const records: VrrpDataRecord[] = [];
  let at = 0;
  for (const item of list) {
    if (!isObject(item) || !isObject(item['data'])) continue;
    const data = item['data'];
    const name = textOf(data['iname']) ?? '';
    at = lineHaving(capture, at, `"${name}"`);
    const source = sourceLine(capture, at);
    const values = new Map<string, { value: string; source: SourceLine }>();
    for (const group of [data, item['stats']]) {
      if (!isObject(group)) continue;
      for (const [key, value] of Object.entries(group)) {
        const text = textOf(value);
        if (text !== null) values.set(key.replaceAll('_', ' '), { value: key === 'state' || key === 'wantstate' ? jsonStates[Number(text)] ?? text : text, source: sourceLine(capture, lineHaving(capture, at, `"${key}"`)) });
      }
    }
    const vips = (Array.isArray(data['vips']) ? data['vips'] : []).flatMap((each) => { const text = textOf(each); return text === null ? [] : [{ text, source: sourceLine(capture, lineHaving(capture, at, text)) }]; });
    records.push({ kind: 'vrrp-data', source, instance: name, from: 'json', values, vips });
  }
  return { records, unread: [] };
}

export const keepalivedData: Parser<'keepalived-data', VrrpDataRecord> = {
  format: 'keepalived-data',
  commands: ['cat /tmp/keepalived.data', 'cat /tmp/keepalived.stats'],
  recognises: (capture) => recognise(capture, ({ program }) => /keepalived\.(?:data|stats|json)$/.test(program), (text) => /^VRRP Instance(?: =|:) \S+/.test(text) || /"iname":/.test(text)),
  parse,
};
