# Read by start.sh and test.sh (`. scripts/node-packages.sh`) from the top of the repository: sees to it that the libraries are
# those of package-lock.json, and that `node` is one that runs TypeScript. Leaves PATH so.

# `npm ci` deletes what is below node_modules first: through a link, the libraries of whoever owns the directory it points to.
if [ -L node_modules ]; then
  echo "node_modules is a symbolic link (to $(readlink node_modules)); installing would empty that directory. Remove the link (rm node_modules) and start again." >&2
  exit 1
fi

# Compared by content, not by age: npm writes the two lists in either order. Understood by any Node that npm runs on.
if ! node -e '
const read = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
const wanted = read("package-lock.json");
const have = read("node_modules/.package-lock.json");
for (const name of Object.keys(wanted)) {
  if (name === "" || wanted[name].optional && !have[name]) continue;
  if (!have[name] || have[name].version !== wanted[name].version) process.exit(1);
}' 2>/dev/null; then
  echo 'Installing the libraries (npm ci) ...'
  npm ci --no-audit --no-fund </dev/null || exit 1
fi

# The npm package of Node itself comes before whatever Node the machine has (see "Dependencies" in ARCHITECTURE.md).
PATH="$(pwd)/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
if (a < 22 || (a === 22 && b < 18)) { console.error(`Node 22.18 or newer is needed, this is ${process.version}. Install one from your system or nodejs.org.`); process.exit(1); }' || exit 1
