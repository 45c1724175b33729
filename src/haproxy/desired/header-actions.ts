import type { HeaderAction } from '../../resources/route.ts';

/**
 * Header actions in the form that `lua/headers.lua` applies: comma-separated, `D<name>` or `S<name>=<part>+<part>...`.
 * A part is `t<text>` (literal), `h<header name>` (request or response header, depending on where it runs) or `d` (client certificate
 * in DER), followed by `~lower`, `~base64` converters in order and `~Q`, `~E` for the quoting and escaping flags.
 * Names and texts are hexadecimal, so nothing a route says can be read as syntax.
 */
export const encodeActions = (actions: readonly HeaderAction[]): string =>
  actions.flatMap((action) => {
    if (action.name === '' || (action.type === 'Set' && action.value === '')) return [];
    return [action.type === 'Delete' ? `D${hex(action.name)}` : `S${hex(action.name)}=${parts(action.value).join('+')}`];
  }).join(',');

const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');

const expression = /%(?:\{([^}]*)\})?\[(req\.hdr|res\.hdr|ssl_c_der)(?:\(([0-9A-Za-z-]+)\))?((?:,(?:lower|base64))*)\]/y;

/** Splits a value into literals and expressions; admission has judged the grammar (`%%` is one percent sign). */
const parts = (value: string): readonly string[] => {
  const found: string[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') found.push(`t${hex(literal)}`);
    literal = '';
  };
  for (let index = 0; index < value.length;) {
    expression.lastIndex = index;
    const match = value[index] === '%' ? expression.exec(value) : null;
    if (match !== null) {
      flush();
      found.push(expressionPart(match));
      index += match[0].length;
    } else {
      literal += value[index] ?? '';
      index += value.startsWith('%%', index) ? 2 : 1;
    }
  }
  flush();
  return found;
};

const expressionPart = ([, flags = '', fetch = '', name = '', converters = '']: RegExpExecArray): string => {
  const head = fetch === 'ssl_c_der' ? 'd' : `h${hex(name)}`;
  const marks = flags.split(',').map((flag) => flag.trim()).filter((flag) => /^\+?[QE]$/.test(flag)).map((flag) => `~${flag.replace('+', '')}`);
  return head + converters.split(',').filter((part) => part !== '').map((part) => `~${part}`).join('') + marks.join('');
};
