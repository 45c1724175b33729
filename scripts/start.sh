#!/bin/sh
# `npm start`: brings in what is missing, then serves examples/quickstart with members of its own until Ctrl-C.
set -u
cd "$(dirname "$0")/.." || exit 1
. scripts/node-packages.sh

sh scripts/debian-packages.sh install run || exit 1
exec node --disable-warning=ExperimentalWarning scripts/demo.ts
