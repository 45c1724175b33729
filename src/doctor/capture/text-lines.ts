/** Bytes of a captured file as lines of text, with what terminals and web pages add taken off. Line numbers stay those of the file. */
export function textLines(bytes: Buffer): string[] {
  const utf16 = bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe;
  let text = utf16 ? bytes.toString('utf16le') : bytes.toString('utf8');
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  let lines = text.split('\n');
  // A carriage return inside a line is a progress display that overwrote itself: the last state counts.
  if (text.includes('\r')) lines = lines.map((line) => afterReturn(line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines[lines.length - 1] === '') lines.pop();
  if (text.includes('\u001b')) lines = lines.map((line) => line.replace(/\u001b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\u0007]{0,200}\u0007|[()][A-Z0-9])/g, ''));
  if (text.includes('\u00a0') || text.includes('\u3000')) lines = lines.map((line) => line.replace(/[\u00a0\u3000]/g, ' '));
  return isHtml(text) ? lines.map(withoutTags) : lines;
}

function afterReturn(line: string): string {
  const at = line.lastIndexOf('\r');
  return at < 0 ? line : line.slice(at + 1);
}

function isHtml(text: string): boolean {
  const start = text.slice(0, 512).trimStart().toLowerCase();
  return start.startsWith('<!doctype html') || start.startsWith('<html');
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };

/** `-&gt; 10.1.26.136:10051` and `<FLAGS>`-like words must survive: only names that are HTML elements go. */
function withoutTags(line: string): string {
  return line
    .replace(/<!doctype[^>]{0,200}>/gi, '')
    .replace(/<\/?(?:html|head|body|div|span|p|pre|code|br|a|b|i|em|strong|ul|ol|li|table|tr|td|th|tbody|thead|h[1-6]|img|script|style|meta|link|title|article|section|header|footer|font|hr)(?:\s[^>]{0,2000})?\/?>/gi, '')
    .replace(/&(?:#(\d{1,6})|([a-z]{2,5}));/gi, (whole, code: string | undefined, name: string | undefined) => (code !== undefined ? character(Number(code)) ?? whole : entities[(name ?? '').toLowerCase()] ?? whole));
}

function character(code: number): string | null {
  return code > 31 && code < 0x110000 && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : null;
}

/** Binary files (pictures, core dumps, wtmp) are not evidence that this program reads. */
export function isBinary(head: Buffer): boolean {
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return false;
  return head.subarray(0, 4096).includes(0);
}

export function hasPrivateKey(head: Buffer): boolean {
  return head.includes('PRIVATE KEY-----');
}
