/**
 * A command as somebody typed it, taken apart far enough to know which program's output follows and whether it was cut:
 * `sudo ip netns exec r1 ip -s neigh show dev eth0 | grep 10.0` is program `ip`, words `neigh show dev eth0`, options `-s`, filtered.
 */
export interface CommandLine {
  /** Base name of the program, or the path of a copied file for `cat FILE`. */
  readonly program: string;
  /** Every word after the program, in order, options included. */
  readonly words: readonly string[];
  /** Words that are no options. */
  readonly operands: readonly string[];
  /** A pipe to grep, head, awk and the like: what is missing from the output proves nothing. */
  readonly filtered: boolean;
  /** Name given to `ip netns exec`, `-n`, `docker exec`, `kubectl exec` or `ssh`: the output belongs to it rather than to the host of the prompt. */
  readonly inside: string | null;
}

/** Programs that only start another one, with the options that take a value. */
const wrappers: Readonly<Record<string, readonly string[]>> = {
  sudo: ['-u', '-g', '-C', '-h', '-p'],
  nohup: [], time: [], exec: [], command: [], env: ['-u'], nice: ['-n'], stdbuf: ['-o', '-e', '-i'],
  timeout: ['-s', '-k'], watch: ['-n', '-d'],
  chroot: [],
};

const narrowing = new Set(['grep', 'egrep', 'fgrep', 'rg', 'head', 'tail', 'awk', 'sed', 'cut', 'sort', 'uniq', 'wc', 'jq', 'less', 'more']);

export function commandLine(text: string): CommandLine {
  // A `|` inside quotes is rare in what people paste before its output; the first unquoted one counts.
  const stages = splitUnquoted(text, '|');
  const filtered = stages.slice(1).some((stage) => {
    const words = shellWords(stage);
    const program = words[0] ?? '';
    // `| cat`, `| tee f`, `| less`, `| sort` keep every line; `| tail -n +1` does too, but nobody types it.
    return narrowing.has(program) && !['less', 'more', 'sort'].includes(program);
  });
  const first = splitUnquoted(stages[0] ?? '', ';')[0] ?? '';
  let words = shellWords(first.replace(/\s*(?:\d?>&?\d?|&>)\s*\S*/g, ' '));
  let inside: string | null = null;
  for (let guard = 0; guard < 8; guard++) {
    const head = baseName(words[0] ?? '');
    if (/^[A-Za-z_]\w*=/.test(words[0] ?? '')) { words = words.slice(1); continue; }
    const valued = wrappers[head];
    if (valued && words.length > 1) {
      words = words.slice(1);
      while (words[0]?.startsWith('-')) words = words.slice(valued.includes(words[0]) ? 2 : 1);
      // `timeout 5 cmd`, `chroot /host cmd`
      if (head === 'timeout' && /^[\d.]+[smhd]?$/.test(words[0] ?? '')) words = words.slice(1);
      if (head === 'chroot') words = words.slice(1);
      continue;
    }
    if (head === 'ip' && words[1] === 'netns' && words[2] === 'exec') { inside = words[3] ?? null; words = words.slice(4); continue; }
    if (head === 'ip' && (words[1] === '-n' || words[1] === '-netns')) { inside = words[2] ?? null; words = [words[0] ?? 'ip', ...words.slice(3)]; continue; }
    if ((head === 'kubectl' || head === 'oc' || head === 'docker' || head === 'podman' || head === 'crictl') && words.includes('exec')) {
      const dashes = words.indexOf('--');
      const after = words.slice(words.indexOf('exec') + 1).filter((word) => !word.startsWith('-'));
      inside = after[0] ?? null;
      words = dashes > 0 ? words.slice(dashes + 1) : after.slice(1);
      continue;
    }
    if (head === 'nsenter') {
      const dashes = words.indexOf('--');
      const start = dashes > 0 ? dashes + 1 : words.findIndex((word, index) => index > 0 && !word.startsWith('-') && !/^\d+$/.test(word));
      if (start <= 0) break;
      words = words.slice(start);
      continue;
    }
    if (head === 'ssh' && words.length > 2) {
      let at = 1;
      while (words[at]?.startsWith('-')) at += /^-[bcDEeFIiJLlmOopQRSWw]$/.test(words[at] ?? '') ? 2 : 1;
      const target = words[at];
      if (target === undefined || words.length <= at + 1) break;
      inside = target.replace(/^.*@/, '');
      words = words.slice(at + 1);
      continue;
    }
    break;
  }
  let program = words[0] ?? '';
  let rest = words.slice(1);
  const cut = baseName(program) === 'tail' || baseName(program) === 'head';
  const copied = cut && rest.at(-1)?.startsWith('/') === true ? rest.at(-1) : undefined;
  if (copied !== undefined) program = copied;
  if ((baseName(program) === 'cat' || baseName(program) === 'zcat') && rest.length > 0) {
    program = rest.find((word) => !word.startsWith('-')) ?? program;
    rest = [];
  }
  program = program.startsWith('/proc/') || program.startsWith('/sys/') || program.startsWith('/etc/') || program.startsWith('/var/') || program.startsWith('/tmp/') || program.startsWith('/run/') ? program : baseName(program);
  return { program, words: rest, operands: rest.filter((word) => !word.startsWith('-')), filtered: filtered || copied !== undefined, inside };
}

/** True when one of the words is that option, alone (`-n`) or among letters (`-lnc` has `n`). */
export function hasLetter(command: CommandLine, letter: string): boolean {
  return command.words.some((word) => /^-[A-Za-z]+$/.test(word) && word.includes(letter));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quote !== '') { if (char === quote) quote = ''; }
    else if (char === '"' || char === "'") quote = char;
    else if (char === separator) { parts.push(text.slice(start, i)); start = i + 1; }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

/** Words of a shell line; quotes are taken off, nothing is expanded. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let open = false;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && i + 1 < text.length) word += text[++i] ?? '';
      else word += char;
    } else if (char === '"' || char === "'") { quote = char; open = true; }
    else if (char === '\\' && i + 1 < text.length) { word += text[++i] ?? ''; open = true; }
    else if (char === ' ' || char === '\t') { if (open) { words.push(word); word = ''; open = false; } }
    else { word += char; open = true; }
  }
  if (open) words.push(word);
  return words;
}
