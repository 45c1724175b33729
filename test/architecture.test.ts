import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom, in the order in which data goes: a folder may only be told of folders above it. `values` are
 * imports that survive compilation; `types` are additional `import type` permissions. `folder/sub` permits that part only.
 * Everybody may import `import type` from `config.ts`.
 */
const allowed: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> = {
  net: { values: [], types: [] },
  lib: { values: [], types: [] },
  resources: { values: ['net', 'lib'], types: [] },
  config: { values: ['net', 'lib'], types: ['resources'] },
  sources: { values: ['resources', 'net', 'lib'], types: [] },
  store: { values: ['resources', 'net', 'lib'], types: ['sources'] },
  admission: { values: ['resources', 'store', 'net', 'lib'], types: [] },
  table: { values: ['net', 'lib'], types: ['admission', 'store', 'resources'] },
  haproxy: { values: ['table', 'net', 'lib'], types: ['admission', 'resources'] },
  vip: { values: ['table', 'net', 'lib'], types: [] },
  status: { values: ['net', 'lib'], types: ['admission', 'haproxy', 'table', 'resources', 'sources'] },
  metrics: { values: ['net', 'lib'], types: ['admission', 'haproxy', 'table', 'resources', 'sources'] },
  reconcile: {
    values: ['sources', 'resources', 'store', 'admission', 'table', 'haproxy', 'vip', 'status', 'metrics', 'net', 'lib'],
    types: [],
  },
  doctor: { values: ['net', 'lib', 'haproxy/observed', 'table'], types: [] },
  console: { values: ['net', 'lib'], types: ['status', 'doctor'] },
  cli: {
    values: [
      'sources', 'resources', 'store', 'admission', 'table', 'haproxy', 'vip', 'status', 'metrics', 'reconcile', 'doctor',
      'console', 'net', 'lib', 'config', 'config.ts',
    ],
    types: [],
  },
  'config.ts': { values: ['config', 'net', 'lib'], types: ['resources', 'admission', 'table'] },
};

/** Files that may be longer than 200 lines, each with the reason. */
const longFiles: Readonly<Record<string, string>> = {
  "doctor/findings/l2.ts": "a list of entries, one for each finding of the layer",
  "doctor/findings/lv.ts": "a list of entries, one for each finding of the layer",
};

/** Files in src/ outside config.ts that may read the environment, each with the reason. */
const environmentReaders: Readonly<Record<string, string>> = {};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

const root = resolve(import.meta.dirname, '..');
const sourceRoot = join(root, 'src');

const everyFile = readdirSync(sourceRoot, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(sourceRoot, join(entry.parentPath, entry.name)).split(sep).join('/'));
const typescriptFiles = everyFile.filter((file) => file.endsWith('.ts'));
const programFiles = typescriptFiles.filter((file) => !file.endsWith('.test.ts'));
const sources = new Map(typescriptFiles.map((file) => [file, readFileSync(join(sourceRoot, file), 'utf8')]));

/** Top folder, or the file's name where it stands in src/ itself. */
function stageOf(file: string): string {
  return file.split('/')[0]!;
}

function importsOf(file: string): Import[] {
  const text = sources.get(file)!;
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found: Import[] = [];
  const add = (specifier: ts.Expression, typeOnly: boolean): void => {
    if (!ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    const to = join(dirname(file), specifier.text).split(sep).join('/');
    found.push({ from: file, to, typeOnly, line: parsed.getLineAndCharacterOfPosition(specifier.getStart()).line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]!, false);
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

const imports = programFiles.flatMap(importsOf);

describe('imports', () => {
  test('the table itself only points at earlier stages, so folders cannot form a cycle', () => {
    const order = Object.keys(allowed);
    const backwards = order.flatMap((stage, place) =>
      [...allowed[stage]!.values, ...allowed[stage]!.types]
        .filter((target) => target !== 'config.ts' && order.indexOf(stageOf(target)) >= place)
        .map((target) => `${stage} -> ${target}`),
    );
    // config.ts names types of early stages and is itself named by everybody: it is not a stage.
    expect(backwards).toEqual([]);
  });

  test('every folder of src/ stands in the table', () => {
    expect([...new Set(programFiles.map(stageOf))].filter((stage) => !(stage in allowed))).toEqual([]);
  });

  test('every import is one that the table allows', () => {
    const bad = imports.filter(({ from, to, typeOnly }) => {
      const stage = stageOf(from);
      if (stageOf(to) === stage) return false;
      if (to === 'config.ts' && typeOnly) return false;
      const rule = allowed[stage];
      if (!rule) return true;
      const permits = (list: readonly string[]): boolean => list.some((entry) => to === entry || to.startsWith(`${entry}/`));
      return !(permits(rule.values) || (typeOnly && permits(rule.types)));
    });
    expect(bad.map((found) => `src/${found.from}:${found.line} may not import ${found.to}`)).toEqual([]);
  });

  test('no file outside tests imports a test', () => {
    expect(imports.filter(({ to }) => to.endsWith('.test.ts')).map(({ from, line }) => `src/${from}:${line}`)).toEqual([]);
  });

  test('files do not import each other in a circle', () => {
    // Types cost nothing at run time, but a circle of values is an initialisation order nobody wrote down.
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of programFiles) walk(file, []);
    expect(circles).toEqual([]);
  });
});

describe('files', () => {
  test('names are kebab-case', () => {
    expect(typescriptFiles.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(basename(file)))).toEqual([]);
  });

  test('no name hides what is inside', () => {
    const vague = /^(utils?|helpers?|types?|index|main|common|misc|shared)(\.test)?\.ts$/;
    expect(typescriptFiles.filter((file) => vague.test(basename(file)) && file !== 'cli/main.ts')).toEqual([]);
  });

  test('a file holds one idea: at most 200 lines, or a reason', () => {
    const long = programFiles.filter((file) => sources.get(file)!.split('\n').length > 201 && !(file in longFiles));
    expect(long.map((file) => `src/${file}: ${sources.get(file)!.split('\n').length - 1} lines`)).toEqual([]);
  });

  test('exports have names', () => {
    expect(programFiles.filter((file) => /^export default\b/m.test(sources.get(file)!))).toEqual([]);
  });
});

describe('the world outside comes in as arguments', () => {
  test('only config.ts reads the environment', () => {
    const readers = programFiles.filter((file) => /\bprocess\s*\.\s*env\b|\bprocess\[['"]env['"]\]/.test(sources.get(file)!));
    expect(readers.filter((file) => stageOf(file) !== 'config.ts' && !(file in environmentReaders))).toEqual([]);
  });

  test('only cli/ ends the process', () => {
    const enders = programFiles.filter((file) => /\bprocess\s*\.\s*(exit|abort|reallyExit)\s*\(|\bprocess\s*\.\s*exitCode\s*=/.test(sources.get(file)!));
    expect(enders.filter((file) => stageOf(file) !== 'cli')).toEqual([]);
  });

  test('pure stages read no clock, no randomness and do no I/O', () => {
    const pure = ['resources', 'store', 'admission', 'table', 'net'];
    const impure = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|['"]node:(fs|fs\/promises|http|http2|https|child_process|dgram|tls|timers\/promises)['"]/;
    expect(programFiles.filter((file) => pure.includes(stageOf(file)) && impure.test(sources.get(file)!))).toEqual([]);
  });
});
