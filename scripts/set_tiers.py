"""Move tests to a later tier by what they cost: `python scripts/set_tiers.py CPU_SECONDS.json …`.

`CPU_SECONDS=FILE make test-all PYTEST_ARGS="-p tests.cpu_seconds"` writes such a file. `tests/measured_tiers.json` gets
the tests that took `SLOW` CPU seconds or more, and those that took `LONG` or more; those there that were not measured
stay, those that are gone leave it.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "tests" / "measured_tiers.json"
SLOW, LONG = 1.0, 2.5
# What a tier does not do without, whatever it costs: tests, or beginnings of their names (laws of the house, all).
QUICK = (
    "tests/cascade/test_follow.py::test_a_withdrawn_record_moves_both_years_and_reinstated_none[sqlite]",
    "tests/cli/test_archive.py::test_an_objection_is_worked_by_commands[sqlite]",
    "tests/evidence/packet/test_page.py::test_the_page_on_screen_and_on_paper",
    "tests/grading/test_parity.py::test_both_interpreters_agree[dates-0]",
    "tests/house/test_imports.py::test_imports_follow_the_data",
    "tests/house/test_imports.py::test_no_files_import_each_other",
    "tests/pages/test_browser.py::test_pages_are_drawn_without_complaint",
    "tests/store/test_forgeries.py::test_every_edit_is_found[open-sqlite-9]",
)
CI = (
    "tests/cascade/test_follow.py",
    "tests/cli/test_model.py::test_from_registration_to_as_of",
    "tests/cli/test_packet.py::test_the_packet_of_a_case_is_told_from_one_made_anew",
    "tests/cli/test_readme.py",
    "tests/cli/test_regulator_year.py",
    "tests/cli/test_scheme.py::test_the_library_is_sound",
    "tests/core/test_clock.py",
    "tests/core/test_errors.py",
    "tests/demo/test_run.py::test_everything_is_written_and_shown",
    "tests/evidence/test_letters_of_schemes.py::test_papers_of_a_scheme_are_true[association/grade",
    "tests/fuzz/test_fuzz.py::test_no_case_ends_raw_hangs_or_loses_a_row[300]",
    "tests/grading/test_forms.py::test_every_form_is_graded_alike",
    "tests/house/",
    "tests/modelling/test_noise.py::test_noise_leaves_and_real_columns_stay",
    "tests/single_faults/test_single_faults.py::test_no_single_fault_gives_a_better_grade_without_a_mark[3]",
    "tests/store/test_crowd.py::test_a_crowd_loses_nothing[postgresql]",
    "tests/store/test_forgeries.py::test_every_edit_is_found[keys-postgresql-9]",
    "tests/store/test_insiders.py::test_what_is_written_past_the_machine_is_found[keys-postgresql]",
    "tests/test_front_door.py",
    "tests/test_notebooks.py",
    "tests/without_extras/test_commands.py",
)


def is_there(test: str) -> bool:
    """Whether a test is in the repository still."""
    file, _, name = test.partition("::")
    function = name.partition("[")[0].rpartition("::")[2]
    place = ROOT / file
    return place.is_file() and re.search(rf"def {function}\(", place.read_text(encoding="utf-8")) is not None


def main() -> None:
    """Write the lists anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", type=Path, nargs="+")
    given = parser.parse_args()
    before = json.loads(PLACE.read_text(encoding="utf-8"))
    seconds: dict[str, float] = {test: cost for costs in before.values() for test, cost in costs.items()}
    for file in given.measured:
        seconds |= {row["test"]: row["seconds"] for row in json.loads(file.read_text(encoding="utf-8"))}
    seconds = {test: cost for test, cost in sorted(seconds.items()) if cost >= SLOW and is_there(test)}
    long = {test: cost for test, cost in seconds.items() if cost >= LONG and not test.startswith((*QUICK, *CI))}
    slow = {test: cost for test, cost in seconds.items() if test not in long and not test.startswith(QUICK)}
    text = json.dumps({"slow": slow, "long": long}, ensure_ascii=False, indent=1)
    PLACE.write_text(f"{text}\n", encoding="utf-8")
    for tier, costs in {"slow": slow, "long": long}.items():
        print(f"{tier}: {len(costs)} tests, {sum(costs.values()):.0f} CPU seconds")


if __name__ == "__main__":
    main()
