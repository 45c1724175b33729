import type { HeaderAction } from '../../resources/route.ts';
import { quote } from './pool-defaults.ts';

/** A log-format argument in single quotes. */
export const quoteHeader = (format: string): string => quote(format);

/** Router-wide header actions: static text, since they are the operator's own and change only with the settings. */
export const staticActions = (side: 'request' | 'response', actions: readonly HeaderAction[]): readonly string[] =>
  actions.map((action) =>
    action.type === 'Delete'
      ? `http-${side} del-header ${quote(action.name)}`
      : `http-${side} set-header ${quote(action.name)} ${quote(action.value)}`);
