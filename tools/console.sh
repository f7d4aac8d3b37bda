#!/bin/sh
# Builds the console into internal/front/console/dist/app, from where Go takes it into the binary: once, until its sources change.
# Where there is no npm, or nothing to install from, it says so and leaves things as they are: the binary does without.
set -eu
cd "$(dirname "$0")/../console"

built=../internal/front/console/dist/app/index.html.br
if [ -e "$built" ] && [ -z "$(find . ../tools/console.sh \( -path ./node_modules -o -path ./build \) -prune -o -type f -newer "$built" -print)" ]; then
	exit 0
fi
fail() {
	echo "console: not built: $1" >&2
	[ "${CI:-}" != true ] || exit 1
	exit 0
}
command -v npm >/dev/null 2>&1 || fail "npm is not installed; the binary does without the console"
modules=node_modules/.package-lock.json
if [ ! -e "$modules" ] || [ "$modules" -ot package-lock.json ]; then
	echo "console: installing what it is built with"
	npm ci --no-audit --no-fund --ignore-scripts --silent || fail "npm could not install what it is built with"
fi
echo "console: building"
npm run build --silent || fail "see above"
