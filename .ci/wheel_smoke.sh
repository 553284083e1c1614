#!/usr/bin/env bash
# The built wheel alone, in an empty folder: it grades a tiny table and explains one subject.
# Dependencies are borrowed from .venv by a path entry, which does not bring the checkout along.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
wheel=$(ls "$root"/dist/creditscore-*.whl)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH CREDITSCORE_CONFIGS
export MLFLOW_DISABLE_TELEMETRY=true

purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
"$root/.venv/bin/python" -m venv --without-pip "$work/venv"
python="$work/venv/bin/python"
"$root/.venv/bin/python" -m pip --disable-pip-version-check --python "$python" install --quiet --no-deps "$wheel"
"$root/.venv/bin/python" -c "$purelib" >"$("$python" -c "$purelib")/borrowed.pth"

mkdir "$work/empty"
cd "$work/empty"
subject=91500000MAAAAAA188
cat >s.csv <<CSV
subject_id,name,kind,registered_on,has_income,books_compliant
$subject,Example One Ltd,enterprise,2010-03-01,true,true
91500000MAAAAAA263,Example Two Ltd,enterprise,2012-06-01,true,true
CSV
cat >r.csv <<CSV
record_id,subject_id,item,occurred_on,booked_on,recorded_on,tax_type
r1,$subject,010101,2022-04-20,2022-04-20,2022-04-20,vat
r2,$subject,010103,2022-07-18,2022-07-18,2022-07-18,
CSV

"$python" - "$work/venv" <<'PY'
import sys
from pathlib import Path

import creditscore
from creditscore.core.config import config_root

home = Path(sys.argv[1]).resolve()
for path in (Path(creditscore.__file__), config_root()):
    assert path.resolve().is_relative_to(home), f"{path} does not come from the wheel"
assert any(config_root().glob("schemes/**/*.yaml")), "no schemes in the wheel"
assert (config_root() / "publicity" / "mapping.yaml").is_file(), "no mapping of published penalties in the wheel"
PY

"$work/venv/bin/creditscore" grade --scheme tax --period 2022 --subjects s.csv --records r.csv --out out
test -s out/manifest.json
"$work/venv/bin/creditscore" explain out "$subject" | tee explained.txt
for word in "$subject" 010101 010103; do
    grep -q "$word" explained.txt || { echo "wheel smoke: the explanation does not mention $word" >&2; exit 1; }
done
echo "wheel smoke passed: $(basename "$wheel")"
