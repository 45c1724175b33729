/** One `-----BEGIN TYPE-----` block of a PEM text. */
export interface PemBlock {
  readonly type: string;
  /** Has `Key: value` lines before the data, as legacy encrypted keys do (RFC 1421 section 4.6). */
  readonly headers: boolean;
  readonly bytes: Buffer;
}

const begin = '-----BEGIN ';
const end = '-----END ';
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Takes a PEM text apart (RFC 7468, as leniently as Go's encoding/pem, which the OpenShift router uses). Text between
 * blocks, such as bag attributes, and blocks that do not decode are skipped without a word. One pass over the lines, so
 * that a long text of beginnings without ends costs no more than its length.
 */
export const readPemBlocks = (text: string): readonly PemBlock[] => {
  const blocks: PemBlock[] = [];
  let type: string | null = null;
  let body: string[] = [];
  let headers = false;
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    if (line.startsWith(begin) && line.endsWith('-----') && line.length > begin.length + 5) {
      type = line.slice(begin.length, -5);
      body = [];
      headers = false;
    } else if (type !== null && line.startsWith(end)) {
      if (line === `${end}${type}-----`) {
        const bytes = decode(body);
        if (bytes !== null) blocks.push({ type, headers, bytes });
      }
      type = null;
    } else if (type !== null) {
      if (body.length === 0 && line.includes(':')) headers = true;
      else body.push(line);
    }
  }
  return blocks;
};

const decode = (lines: readonly string[]): Buffer | null => {
  const text = lines.join('').replace(/[ \t]/g, '');
  if (text.length % 4 !== 0 || !base64.test(text)) return null;
  return Buffer.from(text, 'base64');
};

/** The block as text, 64 characters a line, with a newline at the end. */
export const printPemBlock = (type: string, bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `${[`${begin}${type}-----`, ...lines, `${end}${type}-----`].join('\n')}\n`;
};
