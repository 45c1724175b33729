import { Markup, html } from './escape.ts';
import { style } from './style.ts';

/**
 * A page as one file that needs nothing else: no script, no font, no address is asked for, and the policy in its head forbids it.
 * What is folded is a <details> element, so that it opens without a script and by keyboard.
 */
export function frame(page: { readonly title: string; readonly skip: readonly [target: string, text: string]; readonly header: Markup; readonly main: Markup }): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"><meta name="referrer" content="no-referrer">
<title>${page.title}</title><style>${new Markup(style)}</style></head>
<body><a class="skip" href="#${page.skip[0]}">${page.skip[1]}</a>
<header>${page.header}</header>
<main>${page.main}</main></body></html>
`.text;
}
