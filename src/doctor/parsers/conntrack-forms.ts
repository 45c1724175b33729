import { shellWords } from '../command-line.ts';

/**
 * Rows of `conntrack -L -o save` and `-o xml` as the plain form prints them, so that one scanner reads all three:
 *
 *     -A -t 431999 -u SEEN_REPLY,ASSURED -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p tcp --sport 4 --dport 80 --reply-port-src 80 --reply-port-dst 4 --state ESTABLISHED
 *     <flow><meta direction="original"><layer3 ...><src>10.0.0.1</src>...</meta>...<meta direction="independent"><state>ESTABLISHED</state>...<assured/></meta></flow>
 *
 * `''` for lines that only frame the rows; null for anything else.
 */
export function plainRow(line: string): string | null {
  const text = line.trim();
  if (text.length > 8192) return null;
  if (text.startsWith('-A ')) return fromSave(text);
  if (!text.startsWith('<')) return null;
  if (/^<(?:\?xml\b.*\?|\/?conntrack)>$/.test(text)) return '';
  return text.startsWith('<flow') ? fromXml(text) : null;
}

interface Side { readonly src: string; readonly dst: string; readonly sport: string | undefined; readonly dport: string | undefined }

function row(protocol: string, timeout: string | undefined, state: string | undefined, sides: readonly [Side, Side], replied: boolean, assured: boolean): string {
  const side = ({ src, dst, sport, dport }: Side): string => `src=${src} dst=${dst}${sport === undefined ? '' : ` sport=${sport}`}${dport === undefined ? '' : ` dport=${dport}`}`;
  return [/^\d+$/.test(protocol) ? 'unknown' : protocol, '0', timeout ?? '', state ?? '', side(sides[0]), replied ? '' : '[UNREPLIED]', side(sides[1]), assured ? '[ASSURED]' : ''].filter((part) => part !== '').join(' ');
}

function fromSave(text: string): string | null {
  const words = shellWords(text);
  const value = (name: string): string | undefined => { const at = words.indexOf(name); return at < 0 ? undefined : words[at + 1]; };
  const [src, dst, back, from, protocol] = ['-s', '-d', '-r', '-q', '-p'].map(value);
  if (src === undefined || dst === undefined || protocol === undefined) return null;
  const status = (value('-u') ?? '').split(',');
  return row(protocol, value('-t'), value('--state'), [
    { src, dst, sport: value('--sport'), dport: value('--dport') },
    { src: back ?? dst, dst: from ?? src, sport: value('--reply-port-src'), dport: value('--reply-port-dst') },
  ], status.includes('SEEN_REPLY'), status.includes('ASSURED'));
}

function fromXml(text: string): string | null {
  const [original, reply, own] = ['original', 'reply', 'independent'].map((direction) => text.split(`<meta direction="${direction}">`)[1]?.split('</meta>')[0] ?? '');
  const inside = (part: string | undefined, name: string): string | undefined => new RegExp(`<${name}>([^<\\s]{1,64})</${name}>`).exec(part ?? '')?.[1];
  const side = (part: string | undefined): Side | null => {
    const src = inside(part, 'src');
    const dst = inside(part, 'dst');
    return src === undefined || dst === undefined ? null : { src, dst, sport: inside(part, 'sport'), dport: inside(part, 'dport') };
  };
  const there = side(original);
  const back = side(reply);
  const protocol = /<layer4 protonum="\d+" protoname="(\w[\w-]*)"/.exec(original ?? '')?.[1];
  if (there === null || back === null || protocol === undefined) return null;
  return row(protocol, inside(own, 'timeout'), inside(own, 'state'), [there, back], own?.includes('<unreplied/>') !== true, own?.includes('<assured/>') === true);
}
