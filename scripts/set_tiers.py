"""Move tests to a later tier by what they cost: `python scripts/set_tiers.py CPU_SECONDS.json [--seconds 2]`.

`CPU_SECONDS=FILE make test PYTEST_ARGS="-p tests.cpu_seconds"` writes such a file. Tests of the quick tier that took
more CPU seconds than `--seconds` are written to `tests/measured_tiers.json`; those there that were not measured stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

PLACE = Path(__file__).parents[1] / "tests" / "measured_tiers.json"
QUICK = (  # what the quick tier does not do without, whatever it costs
    "tests/cascade/test_follow.py::test_a_withdrawn_record_moves_both_years_and_reinstated_none[sqlite]",
    "tests/cli/test_keep.py::test_an_objection_is_worked_by_commands[sqlite]",
    "tests/evidence/packet/test_page.py::test_the_page_on_screen_and_on_paper",
    "tests/grading/test_parity.py::test_both_interpreters_agree[dates-0]",
    "tests/house/test_imports.py::test_imports_follow_the_data",
    "tests/house/test_imports.py::test_no_files_import_each_other",
    "tests/pages/test_browser.py::test_pages_are_drawn_without_complaint",
    "tests/store/test_forgeries.py::test_every_edit_is_found[open-sqlite-9]",
)


def main() -> None:
    """Write the list anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    rows = json.loads(given.measured.read_text(encoding="utf-8"))
    measured = {row["test"]: row["seconds"] for row in rows if row["tier"] == "quick"}
    before = json.loads(PLACE.read_text(encoding="utf-8")) if PLACE.exists() else {}
    listed = {test: seconds for test, seconds in before.items() if test not in measured}
    listed |= {test: seconds for test, seconds in measured.items() if seconds >= given.seconds and test not in QUICK}
    text = json.dumps(dict(sorted(listed.items())), ensure_ascii=False, indent=1)
    PLACE.write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(listed)} tests, {sum(listed.values()):.0f} CPU seconds")


if __name__ == "__main__":
    main()
