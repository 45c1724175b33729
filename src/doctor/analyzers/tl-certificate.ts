import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { aboutSession, targetOf } from './tl-protocol.ts';

type Session = Facets['edges']['tlsSessions'][number];

/** TL-03, TL-04, TL-06: the certificate's time, its chain, and whether it is always the same one. */
export const tlCertificate = analyzer({
  name: 'tl-certificate',
  asks: 'Is the certificate valid, complete, and one?',
  codes: ['TL-03', 'TL-04', 'TL-06'],
  reads: ['edges'],
  *analyze(view): Generator<Answer> {
    for (const session of view.edges.tlsSessions) {
      yield* time(session);
      yield* chain(view.edges.tlsSessions, session);
    }
    yield* different(view.edges.tlsSessions);
  },
});

function* time(session: Session): Generator<Answer> {
  const { notAfter, verify } = session.record;
  const target = targetOf(session);
  const complaint = verify !== null && /expired|not yet valid/.test(verify.value) ? verify : null;
  if (complaint === null && notAfter === null) return;
  const end = notAfter === null ? Number.NaN : Date.parse(notAfter.value.replace(/\s+/g, ' '));
  const now = session.read.capture.takenAt;
  const over = !Number.isNaN(end) && now !== null && end < now;
  if (complaint === null && !over) {
    const line = notAfter ?? verify;
    if (line === null) return;
    // A client that verified the date has looked at it for us.
    if (now === null && (verify === null || !/^0 |\bok\b/i.test(verify.value))) yield couldNotLook('TL-03', target, 'the time of the capture is not known', [{ host: session.host, command: 'date -u' }]);
    else yield nothing('TL-03', target, [line.source]);
    return;
  }
  const early = complaint !== null && /not yet valid/.test(complaint.value);
  const line = complaint ?? notAfter;
  if (line === null) return;
  yield fault(finding('TL-03', {
    host: session.host, about: aboutSession(session),
    args: { target, why: early ? 'is not valid yet: it is too new, or the clock of the client is behind' : `ended${notAfter === null ? '' : ` on ${notAfter.value}`}` },
    proofs: [proof(session.host, line.source, complaint === null ? 'its end' : 'the client says so'), ...(notAfter === null ? [] : [proof(session.host, notAfter.source, 'its end')])],
    ...(complaint !== null && !over && !early && !Number.isNaN(end) && now !== null ? { lowered: [{ by: 0.3, because: 'its end lies after the capture: the clock of the client may be ahead' }] } : {}),
  }));
}

function* chain(sessions: readonly Session[], session: Session): Generator<Answer> {
  const { chain: sent, verify, subject, issuer } = session.record;
  const target = targetOf(session);
  const unbuilt = verify !== null && /^2[01]\b|unable to (?:get local issuer|verify the first)/.test(verify.value) ? verify : null;
  if (sent.length === 0) {
    if (unbuilt !== null) yield couldNotLook('TL-04', target, 'the certificates that were sent were not captured', [{ host: session.host, command: `openssl s_client -connect ${target.includes(':') ? target : `${target}:443`} -showcerts </dev/null` }]);
    return;
  }
  const [leaf] = sent;
  if (leaf === undefined) return;
  if (sent.length > 1 || unbuilt === null || leaf.subject === leaf.issuer) { yield nothing('TL-04', target, [leaf.source, ...(verify === null ? [] : [verify.source])]); return; }
  // Somebody built a chain from one such certificate alone: its issuer is an authority that clients are given, and only this client was not.
  const built = sessions.find((other) => other.record.chain.length === 1 && other.record.chain[0]?.issuer === leaf.issuer && other.record.verify !== null && /^0 |^OK$/i.test(other.record.verify.value));
  if (built?.record.verify !== undefined && built.record.verify !== null) { yield nothing('TL-04', target, [leaf.source, built.record.verify.source]); return; }
  yield fault(finding('TL-04', {
    host: session.host, about: aboutSession(session), args: { target, issuer: issuer?.value ?? leaf.issuer },
    proofs: [proof(session.host, leaf.source, 'the only certificate that was sent'), proof(session.host, unbuilt.source, 'its issuer is not known'), ...(issuer === null ? [] : [proof(session.host, issuer.source, 'the issuer')])],
    lowered: [{ by: 0.15, because: 'a private root that signs without an intermediate looks the same to a client that lacks it' }],
    rulesOut: subject === null ? [] : [{ code: null, what: 'A self-signed certificate', because: 'subject and issuer differ', line: subject.source }],
  }));
}

function* different(sessions: readonly Session[]): Generator<Answer> {
  const groups = new Map<string, { readonly mark: string; readonly line: SourceLine; readonly session: Session }[]>();
  for (const session of sessions) {
    const { serial, subject, target, serverName } = session.record;
    const mark = serial ?? subject;
    if (mark === null || target === null) continue;
    // A serial is compared with serials only.
    const key = `${target} ${serverName ?? ''} ${serial === null ? 'subject' : 'serial'}`;
    groups.set(key, [...(groups.get(key) ?? []), { mark: mark.value, line: mark.source, session }]);
  }
  for (const group of groups.values()) {
    const [first, ...rest] = group;
    if (first === undefined || rest.length === 0) continue;
    const target = targetOf(first.session);
    const marks = [...new Set(group.map((each) => each.mark))];
    const other = rest.find((each) => each.mark !== first.mark);
    if (other === undefined) { yield nothing('TL-06', target, group.slice(0, 2).map((each) => each.line)); continue; }
    const changes = group.slice(1).filter((each, at) => each.mark !== group[at]?.mark).length;
    const again = group.filter((each, at) => at > 0 && each.mark === first.mark).at(-1);
    const back = changes >= marks.length;
    yield fault(finding('TL-06', {
      host: first.session.host, about: [...aboutSession(first.session), ...(first.session.record.serverName === null ? [about.name(target.replace(/:\d+$/, ''))] : [])],
      args: { count: String(group.length), target, different: String(marks.length), serials: marks.slice(0, 4).join(', ') },
      proofs: [proof(first.session.host, first.line, 'one certificate'), proof(other.session.host, other.line, 'another one'), ...(again === undefined || !back ? [] : [proof(again.session.host, again.line, 'the first one again')])],
      ...(back ? { rulesOut: [{ code: null, what: 'A renewal between the handshakes', because: 'an earlier certificate came back', line: again?.line ?? other.line }] } : { lowered: [{ by: 0.35, because: 'it changed once: it may have been renewed between the handshakes' }], settle: [{ host: first.session.host, command: `for i in 1 2 3 4 5 6; do openssl s_client -connect ${target} </dev/null 2>/dev/null | openssl x509 -noout -serial; done` }] }),
    }));
  }
}
