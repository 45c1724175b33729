import { serverKeywords } from '../config/render-config.ts';
import { mapNames, type MapName } from '../naming.ts';
import { escapeArgument, type Command } from '../runtime/runtime-socket.ts';
import type { Step } from './steps.ts';

/** What a reply means for its step. `later`: only time is missing (open connections), not a fault. */
export type Judgement = 'done' | 'already' | 'later' | 'refused';

/** A command with the steps it carries out and how its reply is read. */
export interface StepCommand {
  readonly command: Command;
  readonly steps: readonly Step[];
  readonly judge: (reply: string) => Judgement;
}

export interface Names {
  readonly mapFile: (map: MapName) => string;
  readonly certificateList: string;
}

const silent = (reply: string): Judgement => (reply.trim() === '' ? 'done' : 'refused');
const saying = (done: RegExp, already?: RegExp, later?: RegExp) => (reply: string): Judgement =>
  done.test(reply) ? 'done' : already?.test(reply) === true ? 'already' : later?.test(reply) === true ? 'later' : 'refused';

/** Longest payload per command; HAProxy reads a command into one buffer (`tune.bufsize`, set to 32768). */
const payloadLimit = 16_000;

/** Without empty lines: one would end the payload (management manual, section 9.3). Files that people write have them between certificates. */
const payloadOf = (pem: string): string => pem.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '').join('\n');

/** Commands for steps, in order; neighbouring additions to one map share a command. */
export const stepCommands = (steps: readonly Step[], names: Names): readonly StepCommand[] => {
  const commands: StepCommand[] = [];
  for (let index = 0; index < steps.length;) {
    const step = steps[index];
    if (step === undefined) break;
    if (step.does !== 'map-add') {
      commands.push(...commandsOf(step, names));
      index += 1;
      continue;
    }
    const group: Step[] = [];
    let payload = '';
    for (; index < steps.length; index += 1) {
      const next = steps[index];
      if (next?.does !== 'map-add' || next.map !== step.map) break;
      const line = `${next.key} ${next.value}`;
      if (group.length > 0 && payload.length + line.length > payloadLimit) break;
      payload += group.length === 0 ? line : `\n${line}`;
      group.push(next);
    }
    commands.push({ command: { text: `add map ${names.mapFile(step.map)}`, payload }, steps: group, judge: silent });
  }
  return commands;
};

const commandsOf = (step: Exclude<Step, { does: 'map-add' }>, names: Names): readonly StepCommand[] => {
  const one = (text: string, judge: StepCommand['judge'] = silent): StepCommand => ({ command: { text }, steps: [step], judge });
  const more = (text: string, judge: StepCommand['judge'], payload?: string): StepCommand =>
    ({ command: payload === undefined ? { text } : { text, payload }, steps: [step], judge });
  switch (step.does) {
    case 'map-set': return [one(`set map ${names.mapFile(step.map)} ${escapeArgument(step.key)} ${escapeArgument(step.value)}`)];
    case 'map-delete': return [one(`del map ${names.mapFile(step.map)} ${escapeArgument(step.key)}`, saying(/^\s*$/, /^Key not found/))];
    case 'server-add': {
      const name = `${step.backend}/${step.server.name}`;
      return [
        one(`add server ${step.backend}/${serverKeywords(step.server, 'check')}`, saying(/^New server registered/)),
        ...(step.server.checked ? [one(`enable health ${name}`)] : []),
        one(`enable server ${name}`),
      ];
    }
    case 'server-weight': return [one(`set server ${step.backend}/${step.server} weight ${String(step.weight)}`)];
    case 'server-ready': return [one(`set server ${step.backend}/${step.server} state ready`)];
    case 'server-maintenance': return [one(`set server ${step.backend}/${step.server} state maint`, saying(/^\s*$/, /^No such server/))];
    case 'server-delete':
      return [one(`del server ${step.backend}/${step.server}`, saying(/^Server deleted/, /^No such server/, /still has connections|maintenance mode/))];
    case 'health-on': return [one(`enable health ${step.backend}/${step.server}`)];
    // A server that was down when its checks stop would stay down for good: nobody would look again.
    case 'health-off': return [one(`disable health ${step.backend}/${step.server}`), one(`set server ${step.backend}/${step.server} health up`)];
    case 'ca-new': return [
      more(`new ssl ca-file ${step.file}`, saying(/^New CA file created/, /already exists/)),
      more(`set ssl ca-file ${step.file}`, saying(/^transaction (?:created|updated)/), payloadOf(step.pem)),
      more(`commit ssl ca-file ${step.file}`, saying(/Success!/)),
    ];
    case 'ca-delete': return [one(`del ssl ca-file ${step.file}`, saying(/deleted/, /doesn't exist/))];
    case 'certificate-new': return [
      more(`new ssl cert ${step.file}`, saying(/^New empty certificate store/, /already exists/)),
      more(`set ssl cert ${step.file}`, saying(/^Transaction (?:created|updated)/i), payloadOf(step.pem)),
      more(`commit ssl cert ${step.file}`, saying(/Success!/)),
    ];
    case 'certificate-replace': return [
      more(`set ssl cert ${step.file}`, saying(/^Transaction (?:created|updated)/i), payloadOf(step.pem)),
      more(`commit ssl cert ${step.file}`, saying(/Success!/)),
    ];
    case 'certificate-delete': return [one(`del ssl cert ${step.file}`, saying(/deleted/, /doesn't exist/))];
    case 'certificate-list':
      return [more(`add ssl crt-list ${names.certificateList}`, saying(/Success!/, /already/), `${step.file} ${step.host}`)];
    case 'certificate-unlist': return [one(`del ssl crt-list ${names.certificateList} ${step.file}`, saying(/deleted/, /doesn't exist|not found/i))];
  }
};

/** One line per step for a person: `--dry-run` and the debug log. Keys and certificates are named, never shown. */
export const describeStep = (step: Step): string => {
  switch (step.does) {
    case 'map-add': return `map ${step.map}: add ${step.key} -> ${step.value}`;
    case 'map-set': return `map ${step.map}: change ${step.key} -> ${step.value}`;
    case 'map-delete': return `map ${step.map}: delete ${step.key}`;
    case 'server-add': return `backend ${step.backend}: add server ${serverKeywords(step.server, 'check')}`;
    case 'server-weight': return `backend ${step.backend}: server ${step.server} weight ${String(step.weight)}`;
    case 'server-ready': return `backend ${step.backend}: server ${step.server} ready`;
    case 'server-maintenance': return `backend ${step.backend}: server ${step.server} maintenance`;
    case 'server-delete': return `backend ${step.backend}: delete server ${step.server}`;
    case 'health-on': return `backend ${step.backend}: server ${step.server} health checks on`;
    case 'health-off': return `backend ${step.backend}: server ${step.server} health checks off`;
    case 'ca-new': return `CA ${step.file}: new`;
    case 'ca-delete': return `CA ${step.file}: delete`;
    case 'certificate-new': return `certificate ${step.file}: new`;
    case 'certificate-replace': return `certificate ${step.file}: replace`;
    case 'certificate-delete': return `certificate ${step.file}: delete`;
    case 'certificate-list': return `certificate ${step.file}: present for ${step.host}`;
    case 'certificate-unlist': return `certificate ${step.file}: present no longer`;
  }
};

/** Every map, for callers that go through all. */
export const everyMap = mapNames;
