import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { withoutMeter } from './curl-meter.ts';
import { firstLines } from './read-lines.ts';

export interface TlsFact { readonly value: string; readonly source: SourceLine }

/** One TLS handshake as a client saw it: `openssl s_client` or `curl -v`. What the output does not say is null. */
export interface TlsSessionRecord {
  readonly kind: 'tls-session';
  readonly source: SourceLine;
  readonly client: 'openssl' | 'curl';
  /** `host:port` it connected to. */
  readonly target: string | null;
  /** Name sent, or null when none was (or it cannot be told). */
  readonly serverName: string | null;
  readonly protocol: TlsFact | null;
  readonly cipher: TlsFact | null;
  readonly alpn: TlsFact | null;
  readonly subject: TlsFact | null;
  readonly issuer: TlsFact | null;
  readonly serial: TlsFact | null;
  readonly notAfter: TlsFact | null;
  readonly signature: TlsFact | null;
  readonly keyBits: TlsFact | null;
  /** Depth, subject and issuer of each certificate that was sent. */
  readonly chain: readonly { readonly depth: number; readonly subject: string; readonly issuer: string; readonly source: SourceLine }[];
  /** `0 (ok)`, `20 (unable to get local issuer certificate)` */
  readonly verify: TlsFact | null;
  /** Alert or error that ended the handshake. */
  readonly failure: TlsFact | null;
  /** Reply line of HTTP behind it: `HTTP/2 200`. */
  readonly http: TlsFact | null;
}

type Draft = { -readonly [K in keyof TlsSessionRecord]: K extends 'chain' ? TlsSessionRecord['chain'][number][] : TlsSessionRecord[K] };

/** Each field with the line that gives it; the first match counts. s_client first, then curl. */
const facts: readonly (readonly [RegExp, 'protocol' | 'cipher' | 'alpn' | 'subject' | 'issuer' | 'serial' | 'notAfter' | 'signature' | 'keyBits' | 'verify' | 'failure' | 'http'])[] = [
  // `New, SSLv3, Cipher is AES128-SHA` names the version that brought the cipher, not the one in use: only `Protocol :` tells, save for 1.3.
  [/^New, (TLSv1\.3), Cipher is (?!\(NONE\))/, 'protocol'], [/^\s*Protocol\s*: (\S+)/, 'protocol'],
  [/^New, \S+ Cipher is (?!\(NONE\))(\S+)/, 'cipher'], [/^\s*Cipher\s*: (?!0000)(\S+)/, 'cipher'],
  [/^ALPN protocol: (\S+)/, 'alpn'], [/^(?:No ALPN negotiated)/, 'alpn'],
  [/^subject=\s*(.*)$/, 'subject'], [/^issuer=\s*(.*)$/, 'issuer'],
  [/^\s*Serial Number:\s*([0-9a-fx: ()]+)$/i, 'serial'], [/^serial=([0-9A-F]+)$/i, 'serial'],
  [/^notAfter=(.*)$/, 'notAfter'], [/^\s*Not After\s*: (.*)$/, 'notAfter'], [/^\s*v:NotBefore: .*; NotAfter: (.*)$/, 'notAfter'],
  [/^Peer signing digest: (\S+)/, 'signature'], [/^\s*Signature Algorithm: (\S+)/, 'signature'], [/^\s*a:PKEY: .*; sigalg: (\S+)/, 'signature'],
  [/^Server public key is (\d+) bit/, 'keyBits'], [/^\s*(?:RSA )?Public-Key: \((\d+) bit\)/, 'keyBits'],
  [/^\s*Verif(?:y|ication)(?: return)? ?(?:code|error)?: (.*)$/, 'verify'],
  [/((?:sslv3|tlsv1|tls|ssl)\w* alert .*|:error:.*|wrong version number.*|no peer certificate available|SSL_connect: .*|SSL routines:.*|alert number \d+)$/, 'failure'],
  [/^\* SSL connection using (\S+) \/ \S+/, 'protocol'], [/^\* SSL connection using \S+ \/ (\S+)/, 'cipher'],
  [/^\* ALPN(?:: server accepted|, server accepted to use) (\S+)/, 'alpn'],
  [/^\*\s+subject: (.*)$/, 'subject'], [/^\*\s+issuer: (.*)$/, 'issuer'], [/^\*\s+expire date: (.*)$/, 'notAfter'],
  [/^\*\s+SSL certificate (verify .*)$/, 'verify'], [/^(?:\* |curl: )(?:\(35\) )?((?:OpenSSL|TLS|gnutls|error:|SSL).*(?:error|alert|SYSCALL|reset|wrong version).*)$/i, 'failure'],
  [/^< (HTTP\/\S+ \d{3})/, 'http'],
];

function parse(capture: Capture): Reading<TlsSessionRecord> {
  const command = commandLine(capture.command);
  const openssl = /\bopenssl\b/.test(capture.command) || !capture.lines.some((line) => line.startsWith('* '));
  // In a loop (`for i in 1 2 3; do openssl s_client -connect a:443 ...`) the program is the shell's word.
  const option = (name: string): string | null => new RegExp(`\\s${name}[ =]+["']?([^\\s"';|]+)`).exec(capture.command)?.[1] ?? null;
  const connect = option('-connect');
  const url = command.words.find((word) => /^https?:\/\//.test(word)) ?? null;
  const host = /^https?:\/\/([^/?#]+)/.exec(url ?? '')?.[1] ?? null;
  const records: Draft[] = [];
  // As one of the log parsers it is offered every log; servers' logs quote the same errors, and those are no sessions.
  if (tlsSession.recognises(capture) === recognition.no) return { records, unread: [] };
  const begin = (source: SourceLine): Draft => {
    const draft: Draft = {
      kind: 'tls-session', source, client: openssl ? 'openssl' : 'curl', target: openssl ? connect : host,
      serverName: openssl ? option('-servername') ?? (command.words.includes('-noservername') ? null : connect !== null && !/^[\d.]+:|^\[/.test(connect) ? connect.replace(/:\d+$/, '') : null) : host === null || /^[\d.*]+(?::\d+)?$|^\[/.test(host) ? null : host.replace(/:\d+$/, ''),
      protocol: null, cipher: null, alpn: null, subject: null, issuer: null, serial: null, notAfter: null, signature: null, keyBits: null, chain: [], verify: null, failure: null, http: null,
    };
    records.push(draft);
    return draft;
  };
  for (let index = 0; index < capture.lines.length; index++) {
    const source = sourceLine(capture, index);
    if (source.text.length > 4096) continue;
    const text = withoutMeter(source.text);
    const current = records[records.length - 1];
    // A loop of s_client prints one session after another.
    if (/^CONNECTED\(/.test(text) || /^\* +(?:Trying|About to connect)/.test(text)) { if (current === undefined || current.protocol !== null || current.failure !== null) begin(source); continue; }
    const sent = /^\s*(\d+) s:\s?(.*)$/.exec(text);
    if (sent) {
      const issuer = /^\s*i:\s?(.*)$/.exec(capture.lines[index + 1] ?? '')?.[1] ?? '';
      (current ?? begin(source)).chain.push({ depth: Number(sent[1]), subject: sent[2] ?? '', issuer, source });
      continue;
    }
    for (const [pattern, field] of facts) {
      const found = pattern.exec(text);
      if (!found) continue;
      // The first fact of a text without a beginning opens a session; later ones find it as the last record.
      const last = records[records.length - 1];
      // `... | openssl x509 -noout -serial` in a loop prints nothing but `serial=` lines: one session each.
      const draft: Draft = last === undefined || ((field === 'serial' || field === 'subject') && last[field] !== null && /^(?:serial|subject)=/.test(text)) ? begin(source) : last;
      draft[field] ??= { value: (found[1] ?? (field === 'alpn' ? '' : text)).trim(), source };
    }
  }
  return { records, unread: [] };
}

export const tlsSession: Parser<'tls-session', TlsSessionRecord> = {
  format: 'tls-session',
  log: true,
  commands: ['openssl s_client -connect HOST:443 -servername HOST -alpn h2,http/1.1 </dev/null', 'curl -vk --max-time 10 https://HOST/'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    if (command !== null && (/\bopenssl s_client\b/.test(capture.command) || (command.program === 'curl' && command.words.some((word) => /^-\w*v|^--verbose/.test(word))))) return recognition.byCommand;
    return firstLines(capture.lines).some((text) => /^CONNECTED\([0-9A-F]+\)$|^\* SSL connection using /.test(text)) ? recognition.byContent : recognition.no;
  },
  parse,
};
