#!/bin/sh
# What `npm test` runs, on a fresh Debian machine as well: brings in what is missing, then checks types, lint and tests.
# Arguments go to Vitest: `npm test -- test/features/matching.test.ts`.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/node-packages.sh

sh scripts/debian-packages.sh install test || exit 1

results=$(mktemp) || exit 1
trap 'rm -f "$results"' EXIT INT TERM
failed=0

if [ "$#" -eq 0 ]; then
  tsc --noEmit &
  types=$!
  eslint --max-warnings 0 . || failed=1
  wait "$types" || failed=1
  [ "$failed" = 0 ] && echo 'Types and lint are clean.'
fi

vitest run --reporter=default --reporter=json --outputFile.json="$results" "$@" </dev/null || failed=1

# One plain line at the end, whatever the runner's own summary looks like.
node -e 'const text = require("node:fs").readFileSync(process.argv[1], "utf8");
if (text === "") { console.error("The test runner left no results."); process.exit(1); }
const r = JSON.parse(text);
console.log(`${r.numPassedTests} passed, ${r.numFailedTests} failed, ${r.numPendingTests + r.numTodoTests} skipped`);
process.exit(r.numTotalTests > 0 && r.success ? 0 : 1);' "$results" || failed=1
exit "$failed"
