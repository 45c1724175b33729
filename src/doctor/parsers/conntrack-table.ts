import type { BigText, Capture, Parser, Reading } from '../evidence.ts';
import { ConntrackCount } from './conntrack-count.ts';
import type { ConntrackRowRecord, ConntrackTableRecord } from './conntrack-records.ts';
import { recognise } from './read-lines.ts';

type R = ConntrackTableRecord | ConntrackRowRecord;

async function parseBig(capture: Capture, text: BigText): Promise<Reading<R>> {
  const counting = new ConntrackCount(capture);
  let rest = Buffer.alloc(0);
  for await (const chunk of text.chunks()) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (rest.length > 0) {
      const stop = bytes.indexOf(10);
      // A "line" of megabytes is no row; its tail is dropped as one unreadable line.
      if (stop < 0) { if (rest.length < 65_536) rest = Buffer.concat([rest, bytes]); continue; }
      const line = Buffer.concat([rest, bytes.subarray(0, stop)]);
      counting.take(line, 0, line.length);
      start = stop + 1;
    }
    for (let stop = bytes.indexOf(10, start); stop >= 0; stop = bytes.indexOf(10, start)) {
      counting.take(bytes, start, stop);
      start = stop + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  }
  if (rest.length > 0) counting.take(rest, 0, rest.length);
  return counting.reading();
}

function parse(capture: Capture): Reading<R> {
  const counting = new ConntrackCount(capture);
  for (const line of capture.lines) {
    const bytes = Buffer.from(line);
    counting.take(bytes, 0, bytes.length, line);
  }
  return counting.reading();
}

export const conntrackTable: Parser<'conntrack-table', R> = {
  format: 'conntrack-table',
  commands: ['conntrack -L', 'cat /proc/net/nf_conntrack', 'conntrack -L -o save', 'conntrack -L -o xml'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => /^\/proc\/net\/(?:nf|ip)_conntrack$/.test(program) || (program === 'conntrack' && (words.length === 0 || words.some((word) => /^-(?:L|E)|^--(?:dump|event)$/.test(word)))),
    (text) => /^(?:\[\w+\]\s+)?(?:ipv[46]\s+\d+\s+)?[a-z0-9]+\s+\d+\s+(?:\d+\s+)?(?:[A-Z_]+\s+)?src=\S+ dst=\S+/.test(text) || /^\d+ (?:ESTABLISHED|TIME_WAIT|CLOSE_WAIT|SYN_SENT|SYN_RECV|LAST_ACK|FIN_WAIT|CLOSE)$/.test(text) || /^-A -t \d+ -u [A-Z_,]+ -s \S+ -d |^<flow><meta direction=/.test(text),
  ),
  parse,
  parseBig,
};
