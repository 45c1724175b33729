import type { Settle } from '../../evidence.ts';
import { contains, prefix } from '../../address.ts';
import type { HaproxyStatement } from '../../parsers/haproxy-config.ts';
import { matches } from './map-file.ts';
import { sample } from './sample.ts';
import type { Around, Looked, Seen } from './sample.ts';

/** Whether a condition holds, by which look-ups; or why nobody can tell. */
export type Held =
  | { readonly is: boolean; readonly looked: readonly Looked[] }
  | { readonly is: 'unknown'; readonly because: string; readonly settle: readonly Settle[] };

export interface Acls {
  readonly statements: readonly HaproxyStatement[];
  readonly seen: Seen;
  readonly around: Around;
}

/** `if A !B { fetch -m found } or C`: terms next to each other are and-ed, `or` and `||` stand between alternatives. */
export function holds(words: readonly string[], acls: Acls): Held {
  const [how, ...rest] = words;
  if (how === undefined) return { is: true, looked: [] };
  const looked: Looked[] = [];
  let open: Extract<Held, { is: 'unknown' }> | null = null;
  let any = false;
  for (const group of alternatives(rest)) {
    let all: Held = { is: true, looked: [] };
    for (const term of group) {
      const one = termHolds(term, acls);
      if (one.is !== 'unknown') looked.push(...one.looked);
      // A false term decides, whatever the unknown ones are.
      if (one.is === false) { all = one; break; }
      if (one.is === 'unknown') all = one;
    }
    if (all.is === true) { any = true; break; }
    if (all.is === 'unknown') open = all;
  }
  if (!any && open !== null) return open;
  return { is: how === 'unless' ? !any : any, looked };
}

/** A term: a name, `!name`, or the words in braces. */
type Term = readonly string[];

function alternatives(words: readonly string[]): Term[][] {
  const groups: Term[][] = [[]];
  let inside: string[] | null = null;
  for (const word of words) {
    if (inside !== null) {
      if (word === '}') { groups.at(-1)?.push(inside); inside = null; } else inside.push(word);
    } else if (word === '{' || word === '!{') inside = word === '{' ? [] : ['!'];
    else if (word === 'or' || word === '||') groups.push([]);
    else groups.at(-1)?.push([word]);
  }
  return groups;
}

const predefined: Readonly<Record<string, (seen: Seen) => boolean>> = {
  TRUE: () => true, FALSE: () => false, HTTP: (seen) => !seen.tls || seen.terminated, HTTP_1_1: (seen) => !seen.tls || seen.terminated,
  METH_GET: (seen) => !seen.tls || seen.terminated, METH_POST: () => false, METH_OPTIONS: () => false, METH_CONNECT: () => false, REQ_CONTENT: () => false, WAIT_END: () => true,
};

function termHolds(term: Term, acls: Acls): Held {
  const [first = '', ...rest] = term;
  const not = first.startsWith('!');
  const name = not ? first.slice(1) : first;
  const turned = (held: Held): Held => (not && held.is !== 'unknown' ? { ...held, is: !held.is } : held);
  // Words in braces are a criterion; a single word is the name of an ACL.
  if (name === '' || rest.length > 0) return turned(criterion(name === '' ? rest : [name, ...rest], acls));
  const lines = acls.statements.filter((each) => each.keyword === 'acl' && each.args[0] === name);
  if (lines.length === 0) {
    const own = predefined[name];
    if (own !== undefined) return turned({ is: own(acls.seen), looked: [] });
    if (/[.(]|^ssl_fc$/.test(name)) return turned(criterion([name], acls));
    return { is: 'unknown', because: `the ACL ${name} is not in the evidence`, settle: [] };
  }
  // Several lines of one name are or-ed.
  let open: Held | null = null;
  const looked: Looked[] = [];
  for (const line of lines) {
    const held = criterion(line.args.slice(1), acls);
    if (held.is === true) return turned(held);
    if (held.is === 'unknown') open = held;
    else looked.push(...held.looked);
  }
  return open ?? turned({ is: false, looked });
}

const suffixes: Readonly<Record<string, string>> = { _beg: 'beg', _end: 'end', _sub: 'sub', _dir: 'dir', _dom: 'dom', _reg: 'reg', _str: 'str' };

/** `fetch[,converters] [-i] [-m METHOD] [--] VALUES`, and the short forms `path_beg`, `hdr_dom(host)`. */
function criterion(words: readonly string[], { seen, around }: Acls): Held {
  let fetch = words[0] ?? '';
  let method: string | null = null;
  const short = /^(path|url|base|hdr|req\.hdr|method)(_beg|_end|_sub|_dir|_dom|_reg|_str)((?:\(.*\))?(?:,.*)?)$/.exec(fetch);
  if (short) { fetch = `${short[1] ?? ''}${short[3] ?? ''}`; method = suffixes[short[2] ?? ''] ?? null; }
  let fold = false;
  const values: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '-i') fold = true;
    else if (word === '-m') { at += 1; method = words[at] ?? null; } else if (word === '-f') return { is: 'unknown', because: `it depends on the list ${words[at + 1] ?? ''}`, settle: [{ host: around.host, command: `cat ${words[at + 1] ?? ''}` }] };
    else if (word !== '--') values.push(word);
  }
  const value = sample(fetch, seen, around);
  if (value.is === 'unknown') return value;
  if (method === 'found') return { is: value.is === 'text', looked: value.looked };
  if (value.is === 'nothing') return { is: false, looked: value.looked };
  if (values.length === 0) return { is: value.text !== '0' && value.text !== '', looked: value.looked };
  const own = fold ? value.text.toLowerCase() : value.text;
  for (const raw of values) {
    const held = compared(method, own, fold ? raw.toLowerCase() : raw, fetch);
    if (held === 'unknown') return { is: 'unknown', because: `${fetch} cannot be compared with ${raw}`, settle: [] };
    if (held) return { is: true, looked: value.looked };
  }
  return { is: false, looked: value.looked };
}

function compared(method: string | null, own: string, wanted: string, fetch: string): boolean | 'unknown' {
  switch (method) {
    case 'beg': return own.startsWith(wanted);
    case 'end': return own.endsWith(wanted);
    case 'sub': return own.includes(wanted);
    case 'reg': return matches(wanted, own);
    case 'str': return own === wanted;
    case 'dir': case 'dom': return own.split(method === 'dir' ? '/' : /[./:]/).join('\0').includes(wanted.replace(/^[./]+|[./]+$/g, '').split(method === 'dir' ? '/' : /[./:]/).join('\0'));
    case null: {
      if (fetch === 'src') { const net = prefix(wanted); return net === null ? 'unknown' : contains(net, own); }
      return own === wanted || (/^\d+$/.test(own) && wanted === own);
    }
    default: return 'unknown';
  }
}
