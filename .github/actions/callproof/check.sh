#!/usr/bin/env bash
# Judges the side under test: reports into a folder, the summary to the page of the run, the outcome to the outputs.
# The annotations are printed by callproof, which sees that it is on GitHub Actions.
set -euo pipefail

mkdir -p "$REPORTS"
options=(--config "$CONFIG")
for report in html junit.xml ctrf.json json badge.svg markdown; do
  options+=("--${report%.*}" "$REPORTS/report.$report")
done
while IFS= read -r argument; do
  [[ -z $argument ]] || options+=("$argument")
done <<<"$ARGUMENTS"

code=0
"$RUNNER_TEMP/callproof/bin/callproof" check "${options[@]}" || code=$?

conformant=false
[[ $code -ne 0 ]] || conformant=true
printf 'conformant=%s\nexit-code=%s\n' "$conformant" "$code" >>"$GITHUB_OUTPUT"
# A mistake in the file or the options leaves no report.
[[ ! -f $REPORTS/report.markdown ]] || cat "$REPORTS/report.markdown" >>"$GITHUB_STEP_SUMMARY"
exit "$code"
