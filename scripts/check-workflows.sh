#!/usr/bin/env bash
# actionlint and zizmor over the workflows, where they can be installed: the first through the Go module proxy, the second
# as a wheel. Without Go, Python or a network it says so and passes; with --required it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

actionlint_version=v1.7.12
zizmor_version=1.32.0
tools=${XDG_CACHE_HOME:-$HOME/.cache}/overproof-workflow-checks
required=${1:-}

missing() {
  echo "$1 cannot be installed here: $2"
  if [[ $required == --required ]]; then exit 1; fi
}

actionlint=$tools/actionlint-$actionlint_version/actionlint
if [[ ! -x $actionlint ]]; then
  GOBIN=$(dirname "$actionlint") GOFLAGS= timeout 300 \
    go install "github.com/rhysd/actionlint/cmd/actionlint@$actionlint_version" 2>/dev/null || rm -f "$actionlint"
fi
if [[ -x $actionlint ]]; then "$actionlint"; else missing actionlint "go install failed."; fi

zizmor=$tools/zizmor-$zizmor_version
if [[ ! -x $zizmor/bin/zizmor ]]; then
  python3 -m venv "$zizmor" 2>/dev/null &&
    timeout 300 "$zizmor/bin/pip" install --quiet --disable-pip-version-check "zizmor==$zizmor_version" 2>/dev/null ||
    rm -rf "$zizmor"
fi
if [[ -x $zizmor/bin/zizmor ]]; then
  "$zizmor/bin/zizmor" --offline --no-progress --min-severity low .github action.yml
else
  missing zizmor "pip install failed."
fi
