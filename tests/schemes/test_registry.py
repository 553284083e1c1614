"""The library as it lies on disk."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.grading.identity import hash_of
from creditscore.schemes import registry


def test_files_that_come_and_go_are_seen(tmp_path: Path) -> None:
    library = tmp_path / "schemes"

    def names() -> list[str]:
        return [f"{entry.scheme}@{entry.version}" for entry in registry.entries(tmp_path)]

    def rest() -> None:
        """As if nothing had changed for an hour."""
        for place in [library, *(path for path in library.rglob("*") if path.is_dir())]:
            os.utime(place, (place.stat().st_mtime - 3600,) * 2)

    for file in ("a/2014.yaml", "a/2020.yaml", "b/c/2014.yaml"):
        (library / file).parent.mkdir(parents=True, exist_ok=True)
        (library / file).touch()
    rest()
    assert names() == names() == ["a@2014", "a@2020", "b/c@2014"]
    assert registry.entries(tmp_path) is registry.entries(tmp_path)  # not walked again
    (library / "b" / "c" / "2016.yaml").touch()
    (library / "a" / "2014.yaml").unlink()
    assert names() == ["a@2020", "b/c@2014", "b/c@2016"]
    rest()
    assert names() == ["a@2020", "b/c@2014", "b/c@2016"]
    shutil.rmtree(library / "b")
    (library / "d").mkdir()
    (library / "d" / "2000.yaml").touch()
    assert names() == ["a@2020", "d@2000"]


RENAMED = """
association/guangdong_construction 2019-01-01 2019-12-31
bidding/violation_record 2008-01-01 2009-01-01
composite/national 2018-01-01 2018-12-31
court/judgment_defaulter 2018-06-27 2017-05-01
elderly_care/list 2019-01-01 2020-12-31
environment/hebei 2017-01-01 2017-12-31
environment/hebei 2024-01-01 2024-12-31
environment/jiangsu 2013-01-01 2013-12-31
environment/ningxia 2019-01-01 2019-12-31
environment/shaanxi 2023-01-01 2023-12-31
environment/shaanxi_monitoring 2023-01-01 2023-12-31
environment/shandong 2016 2017
environment/zhengzhou_dust 2018-01-01 2018-12-31
fire/high_risk_unit 2013-01-01 2013-12-31
fire/safety_credit 2020-01-01 2020-12-31
intellectual_property/dishonest 2022-01-01 2022-01-31
labour/dispatch 2025-01-01 2025-12-31
labour/qinzhou 2017-01-01 2017-12-31
market/abnormal 2014-01-01 2014-10-01
market/risk_class 2022-01-01 2022-01-13
market/serious 2014-01-01 2014-10-01
medical/points_example_2010 2010-01-01 2010-12-31
procurement/serious 2014-01-01 2014-12-31
safety/joint_punishment 2017-01-01 2017-05-09
safety/serious 2017-01-01 2017-05-09
social_insurance/serious 2019-01-01 2019-11-14
statistics/grade 2014-01-01 2015-01-01
statistics/grade 2019-01-01 2019-03-20
"""


@pytest.mark.parametrize("line", RENAMED.strip().splitlines())
def test_the_name_of_an_earlier_release_is_answered_with_the_new_one(line: str) -> None:
    scheme, old, new = line.split()
    with pytest.raises(UsageError, match="has no version") as refused:
        registry.pick(f"{scheme}@{old}")
    assert f"use {scheme}@{new}" in str(refused.value)
    assert f"{new} (from {new} to " in str(refused.value)
    assert registry.pick(f"{scheme}@{new}").version == new
    assert registry.pick_recorded(f"{scheme}@{old}").version == new  # what an earlier release kept goes on


def test_where_one_version_became_several_the_day_decides() -> None:
    assert registry.pick_recorded("market/serious@2014-01-01", date(2015, 6, 1)).version == "2014-10-01"
    assert registry.pick_recorded("market/serious@2014-01-01", date(2018, 6, 1)).version == "2016-04-01"
    assert registry.pick_recorded("market/serious@2014-01-01", date(2014, 2, 1)).version == "2014-10-01"
    assert registry.pick_recorded("environment/shandong@2016", date(2018, 12, 31)).version == "2018"
    assert registry.pick_recorded("environment/shandong@2016", 2017).version == "2017"
    assert registry.pick_recorded("market/serious@2021-09-01").version == "2021-09-01"
    assert registry.pick_recorded("tax").version == registry.pick("tax").version
    with pytest.raises(UsageError, match="has no version"):
        registry.pick_recorded("market/serious@2013-01-01")


def test_a_former_name_is_no_part_of_the_rules() -> None:
    scheme = registry.pick("market/abnormal@2014-10-01")
    assert scheme.formerly
    assert hash_of(scheme) == hash_of(scheme.model_copy(update={"formerly": []}))


def test_a_name_that_is_no_day_and_a_year_of_several_versions() -> None:
    with pytest.raises(UsageError, match="leave the version away"):
        registry.pick("tax@newest")
    with pytest.raises(UsageError, match="use tax@2014"):
        registry.pick("tax@2019")
    with pytest.raises(UsageError, match="use tax@2014"):
        registry.pick("tax@1999")
