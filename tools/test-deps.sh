#!/bin/sh
# Installs what the tests need beyond Go, from Debian's packages, when we may: PostgreSQL for the store suite, the
# AWS CLI for the README's journey, Node for other people's clients, Chromium for the pages, nginx and PgBouncer for tests
# of several nodes. Where we may not, the tests that need them say loudly that they are skipped.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }
have_postgres() { have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

missing=""
have_postgres || missing="$missing postgresql"
have aws || missing="$missing awscli"
have node || missing="$missing nodejs"
have npm || missing="$missing npm"
have chromium || missing="$missing chromium"
{ have nginx || [ -x /usr/sbin/nginx ]; } || missing="$missing nginx-light"
{ have pgbouncer || [ -x /usr/sbin/pgbouncer ]; } || missing="$missing pgbouncer"
[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || missing="$missing apache2 libapache2-mod-auth-openidc"
# Debian's packages, where we may install them.
if [ -n "$missing" ]; then
	if [ "$(id -u)" = 0 ] && have apt-get; then
		echo "tests: installing$missing"
		export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # no service is started: tests start their own
		apt-get update -qq
		# shellcheck disable=SC2086
		apt-get install -y -qq --no-install-recommends $missing >/dev/null
	else
		echo "tests: not installed and not installable here:$missing (their tests are skipped)" >&2
	fi
fi

# Other people's clients, once and before any test runs: tests of several packages use them at the same time.
modules=test/clients/node_modules/.package-lock.json
if have npm && { [ ! -e "$modules" ] || [ "$modules" -ot test/clients/package-lock.json ]; }; then
	echo "tests: installing other people's clients"
	npm ci --prefix test/clients --no-audit --no-fund --ignore-scripts --silent ||
		echo "tests: npm could not install them (their tests are skipped)" >&2
fi
