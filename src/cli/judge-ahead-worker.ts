import { workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { createTlsJudge } from '../admission/certificates/remember-material.ts';
import type { TlsMaterial } from '../admission/certificates/tls-material.ts';
import { certificateFile, keepCertificate } from '../haproxy/process/certificate-file.ts';
import type { AheadQuestion, AheadStart } from './judge-ahead.ts';

// The thread of judge-ahead.ts: judges what nobody has taken up yet, a few at a time, so that an answer is there soon.
const { now, taken, directory, port } = workerData as AheadStart & { readonly port: MessagePort };
const judge = createTlsJudge(now);
const atOnce = 4;

port.on('message', ({ first, texts, hosts }: AheadQuestion) => {
  let answers: (readonly [number, TlsMaterial])[] = [];
  texts.forEach((one, place) => {
    if (Atomics.exchange(taken, first + place, 1) === 0) answers.push([first + place, judgeAndKeep(one, hosts[place] ?? '')]);
    if (answers.length < atOnce && place + 1 < texts.length) return;
    port.postMessage(answers);
    answers = [];
  });
});

const judgeAndKeep = (texts: AheadQuestion['texts'][number], host: string): TlsMaterial => {
  const material = judge(texts);
  if (directory !== null && host !== '' && material.served !== null) keepCertificate(certificateFile(directory, host, material.served), material.served);
  return material;
};
