import { quoted, refuse } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** Is `spec.port.targetPort` the number or the name of a port? Whether an endpoint has it is another question. */
export const targetPort: RouteRule = ({ route: { targetPort: port } }) => {
  if (port === null) return [];
  const at = 'spec.port.targetPort';
  if (typeof port === 'number') return Number.isInteger(port) && port >= 1 && port <= 65535 ? [] : [refuse('target-port-invalid', at, `${port} is no port number.`)];
  if (port === '') return [refuse('target-port-invalid', at, 'The target port is empty.', 'Write a port, or remove spec.port to use every port.')];
  if (/^[0-9]+$/.test(port)) return Number(port) >= 1 && Number(port) <= 65535 ? [] : [refuse('target-port-invalid', at, `${quoted(port)} is no port number.`)];
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(port) ? [] : [refuse('target-port-invalid', at, `${quoted(port)} is no name of a port.`)];
};
