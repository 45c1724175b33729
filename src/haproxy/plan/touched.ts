import type { Passed } from '../observed/observed.ts';
import type { Step } from './steps.ts';

/** What steps are about: whatever was read while they were on their way holds it as it was before them or as it is after them. */
export const touchedBy = (steps: readonly Step[]): Passed => {
  // Neither a map's name nor a backend's holds a space or a slash. The joined texts are never taken apart.
  const names = new Set(steps.map(nameOf));
  return {
    entry: (map, key) => names.has(`${map} ${key}`),
    server: (backend, server) => names.has(`${backend}/${server}`),
    file: (path) => names.has(path),
  };
};

const nameOf = (step: Step): string => {
  switch (step.does) {
    case 'map-add': case 'map-set': case 'map-delete':
      return `${step.map} ${step.key}`;
    case 'server-add':
      return `${step.backend}/${step.server.name}`;
    case 'server-weight': case 'server-ready': case 'server-maintenance': case 'server-delete': case 'health-on': case 'health-off':
      return `${step.backend}/${step.server}`;
    case 'ca-new': case 'ca-delete': case 'certificate-new': case 'certificate-replace': case 'certificate-delete': case 'certificate-list': case 'certificate-unlist':
      return step.file;
  }
};
