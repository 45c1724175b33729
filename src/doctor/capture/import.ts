import type { Capture, Unread } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { commandOfFile } from './command-of-file.ts';
import type { Tree, TreeFile } from './file-tree.ts';
import { parseManifest, manifestName } from './manifest.ts';
import { hasPrivateKey, isBinary, textLines } from './text-lines.ts';
import { hasPrompt, splitTranscript } from './transcript.ts';
import type { Sniff } from './transcript.ts';

export interface Imported {
  readonly captures: readonly Capture[];
  readonly unread: readonly Unread[];
}

/** Folders that make the folder above them the root of one host. */
const systemFolders = /^(?:proc|sys|etc|var|run|sos_commands|sos_reports|sos_logs)$/;

/** Files of a collecting program itself, of no interest. */
const noise = /(?:^|\/)(?:\.DS_Store|version\.txt|sos_reports\/.*|sos_logs\/.*|README(?:\.\w+)?|case\.ya?ml)$/;

/**
 * Turns a tree of files into captures: which host (a manifest, a folder, a sosreport's name), which command (a manifest, a file's name,
 * a prompt inside), which sample.
 */
export function importTree(tree: Tree, sniff: Sniff): Imported {
  const captures: Capture[] = [];
  const unread: Unread[] = tree.omitted.map(({ path, reason }) => ({ file: path, line: 0, text: '', reason, format: null, host: '' }));
  const collected = new Set<string>();
  for (const manifest of tree.files.filter((file) => file.path.endsWith(manifestName))) {
    const folder = manifest.path.slice(0, -manifestName.length);
    const read = manifest.content === null ? null : parseManifest(manifest.content.toString('utf8'));
    if (read === null) { unread.push({ file: manifest.shown, line: 1, text: '', reason: 'not a manifest of fairway collect', format: null, host: '' }); continue; }
    collected.add(folder);
    for (const entry of read.entries) {
      const file = tree.files.find((each) => each.path === `${folder}${entry.file}`);
      if (file === undefined) { unread.push({ file: manifest.shown, line: 0, text: entry.file, reason: 'named in the manifest, but missing', format: null, host: read.host }); continue; }
      const made = one(file, { host: commandLine(entry.command).inside ?? read.host, command: entry.command, takenAt: entry.startedAt, sample: entry.sample, exitCode: entry.exitCode });
      if ('reason' in made) unread.push(made);
      else captures.push(made);
    }
  }
  const hostOf = hosts(tree);
  for (const file of tree.files) {
    if ([...collected].some((folder) => file.path.startsWith(folder)) || noise.test(file.path)) continue;
    const { host, inside, sos } = hostOf(file.path);
    const command = commandOfFile(inside);
    // A sosreport has thousands of files about other things; what no name maps to is not evidence we were given to read.
    if (sos && command === '') continue;
    const named = commandLine(command).inside ?? host;
    const made = one(file, { host: named, command, takenAt: null, sample: sampleOf(file.path), exitCode: null });
    if ('reason' in made) { if (!sos) unread.push(made); continue; }
    if (made.big !== null) { captures.push(made); continue; }
    // Prompts inside say more than the file's name. A configuration file is never a transcript, whatever its comments look like.
    const configuration = /^\/(?:proc|sys|etc)\//.test(command) || command.includes('-o yaml');
    if (!configuration && hasPrompt(made.lines)) captures.push(...splitTranscript(made.lines, { file: made.file, host, command: '', takenAt: null, sample: made.sample }, sniff));
    else if (command === '') captures.push(...splitTranscript(made.lines, { file: made.file, host, command: '', takenAt: null, sample: made.sample }, sniff));
    else captures.push(made);
  }
  return { captures, unread };
}

interface About { readonly host: string; readonly command: string; readonly takenAt: number | null; readonly sample: number; readonly exitCode: number | null }

function one(file: TreeFile, about: About): Capture | Unread {
  const head = file.content ?? file.big?.head ?? Buffer.alloc(0);
  const refuse = (reason: string): Unread => ({ file: file.shown, line: 0, text: '', reason, format: null, host: about.host });
  if (isBinary(head)) return refuse('a binary file');
  if (hasPrivateKey(head)) return refuse('holds a private key: not read');
  return { ...about, file: file.shown, firstLine: 1, lines: textLines(head), big: file.big };
}

/** `ss-2.txt`, `nstat.2`: the second sample of a counter. */
function sampleOf(path: string): number {
  const found = /[.-]([12])(?:\.(?:txt|log|out))?$/.exec(path);
  return found && !/ip_vs|v\d/.test(path.slice(path.lastIndexOf('/') + 1)) ? Number(found[1]) : 1;
}

/** Host of a path, and the path inside that host. */
function hosts(tree: Tree): (path: string) => { host: string; inside: string; sos: boolean } {
  const roots = new Map<string, { host: string; sos: boolean }>();
  for (const file of tree.files) {
    const parts = file.path.split('/');
    const at = parts.findIndex((part) => systemFolders.test(part));
    if (at < 0) continue;
    const root = parts.slice(0, at).join('/');
    const sos = parts[at]?.startsWith('sos_') === true || roots.get(root)?.sos === true;
    const name = at === 0 ? tree.name : parts[at - 1] ?? '';
    roots.set(root, { host: hostOfFolder(name), sos });
  }
  for (const [root, value] of roots) {
    const named = tree.files.find((file) => file.path === join(root, 'sos_commands/host/hostname') || file.path === join(root, 'etc/hostname') || file.path === join(root, 'sos_commands/host/hostname_-f'));
    const text = named?.content?.toString('utf8').trim().split('\n')[0] ?? '';
    if (/^[\w.*-]{1,253}$/.test(text)) roots.set(root, { ...value, host: text.split('.')[0] ?? text });
  }
  const nested = tree.files.some((file) => file.path.includes('/'));
  return (path) => {
    for (const [root, value] of roots) {
      if (root === '' || path.startsWith(`${root}/`)) return { ...value, inside: root === '' ? path : path.slice(root.length + 1) };
    }
    const slash = path.indexOf('/');
    if (slash > 0) return { host: hostOfFolder(path.slice(0, slash)), inside: path.slice(slash + 1), sos: false };
    return { host: nested ? '' : hostOfFolder(tree.name), inside: path, sos: false };
  };
}

function join(root: string, path: string): string {
  return root === '' ? path : `${root}/${path}`;
}

/** `sosreport-node1-2026-11-20-abcdef` is of node1. */
function hostOfFolder(name: string): string {
  const sos = /^sosreport-(.+?)-(?:\d{4,}-)?\d{4}-\d\d-\d\d-\w+$/.exec(name) ?? /^sosreport-([\w.]+)/.exec(name);
  return sos?.[1] ?? name.replace(/^fairway-(.+)-\d{8}T\d{6}Z$/, '$1');
}
