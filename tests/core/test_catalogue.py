"""A family of files is its model and one declaration: what is read, what is refused, and where it is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from creditscore.core import catalogue
from creditscore.core.catalogue import Family, RuleSet
from creditscore.core.errors import SchemeError, UsageError
from creditscore.core.model import Model
from creditscore.core.references import Citing, Names, Reference, Unique
from creditscore.core.yaml_source import Source


class Duty(Model):
    """A part that names its text."""

    id: str
    cite: list[str] = Field(default_factory=list)
    evidence: str | None = None


class Office(Model):
    """What an office does."""

    office: str
    city: Annotated[str, Names("city")]
    twins: Annotated[list[str], Names("city", any_version=True)] = Field(default_factory=list)
    duties: list[Duty] = Field(default_factory=list)


def no_office_of_nobody(content: Office, source: Source) -> None:
    if content.office == "nobody":
        source.fault(("office",), "nobody has no office", "E999")


def one_office_of_a_city(sets: Any) -> None:
    cities = [rules.content.city for rules in sets]
    if len(set(cities)) < len(cities):
        sets[-1].source.fault(("city",), "has an office already")


CITIES = Reference(
    "city", lambda _: {"jilin", "henan"}, lambda name, known: f"{name} is none of {sorted(known)}", "E301"
)
OFFICES = Family(
    "offices",
    "office",
    Office,
    "offices",
    named_by=("office",),
    references=(CITIES,),
    citing=Citing(free=("local",), codes=("E202", "E203")),
    unique=(Unique("duties.*.id"), Unique("office", "{value} is taken by {file}:{line}", across=True)),
    persons="E108",
    check=no_office_of_nobody,
    check_together=one_office_of_a_city,
    code_named="E703",
)
GOOD = "office: tax\ncity: jilin\nduties:\n- {id: a, cite: [L], evidence: verified}\n- {id: b, evidence: local}\n"


def write(folder: Path, text: str = GOOD, name: str = "tax") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_file_is_loaded_in_order(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("tax", "court").replace("jilin", "henan"), "court")
    (tmp_path / "readme.txt").write_text("no rule")
    assert [office.office for office in OFFICES.load(tmp_path)] == ["court", "tax"]
    assert OFFICES.names(tmp_path) == ["court", "tax"]
    assert OFFICES.load(tmp_path / "nowhere") == ()


FAULTS = {
    "unknown key": ("city:", "town: x\ncity:", "offices/tax.yaml:2: E106 town: unknown key"),
    "unknown name": ("jilin", "mars", "offices/tax.yaml:2: E301 city: mars is none of ['henan', 'jilin']"),
    "no mark": (", evidence: verified", "", "offices/tax.yaml:4: E203 duties.0: carries no evidence mark"),
    "no text": ("cite: [L], ", "", "offices/tax.yaml:4: E202 duties.0: carries no cite"),
    "id twice": ("id: b", "id: a", "offices/tax.yaml:5: E108 duties.1.id: 'a' stands twice (first on line 4)"),
    "a person": ("id: b", "id: 11010519491231002X", "a resident identity number stands here"),
    "path": ("office: tax", "office: tex", "offices/tax.yaml:1: E703 office: 'tex' must be the file's name 'tax'"),
    "own check": ("office: tax", "office: nobody", "E999 office: nobody has no office"),
    "version of an unknown": ("city:", "twins: [mars@2014]\ncity:", "E301 twins: mars@2014 is none of"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_place_and_code(tmp_path: Path, name: str) -> None:
    old, new, message = FAULTS[name]
    assert old in GOOD
    write(tmp_path / "offices", GOOD.replace(old, new, 1))
    with pytest.raises(SchemeError) as caught:
        OFFICES.load(tmp_path / "offices")
    assert message in str(caught.value)


def test_all_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("jilin", "mars").replace("id: b", "id: a"))
    write(tmp_path, GOOD, "court")
    with pytest.raises(SchemeError, match="4 faults") as caught:  # two, the path of one, and the id of both
        OFFICES.load(tmp_path)
    assert "tax is taken by offices/court.yaml:1" in str(caught.value)


def test_files_are_checked_together(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, GOOD.replace("tax", "court"), "court")
    with pytest.raises(SchemeError, match="has an office already"):
        OFFICES.load(tmp_path)


def test_kinds_of_names_can_be_left_unchecked(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("jilin", "mars"))
    assert OFFICES.load(tmp_path, without=("city",))[0].city == "mars"


def test_a_version_of_what_is_known_is_known(tmp_path: Path) -> None:
    write(tmp_path, GOOD + "twins: [henan@2014]\n")
    assert OFFICES.load(tmp_path)[0].twins == ["henan@2014"]


def test_a_changed_file_is_read_again_and_a_mended_one_too(tmp_path: Path) -> None:
    file = write(tmp_path)
    first = OFFICES.load(tmp_path)
    assert OFFICES.load(tmp_path)[0] is first[0]
    write(tmp_path, GOOD.replace("jilin", "mars"))
    os.utime(file, ns=(1, 1))
    with pytest.raises(SchemeError):
        OFFICES.load(tmp_path)
    write(tmp_path, GOOD.replace("jilin", "henan"))
    assert OFFICES.load(tmp_path)[0].city == "henan"


def test_a_file_is_picked_by_its_name_or_its_path(tmp_path: Path) -> None:
    file = write(tmp_path)
    assert OFFICES.pick("tax", tmp_path) == OFFICES.pick(str(file))
    with pytest.raises(UsageError, match="there is no office 'tex'") as caught:
        OFFICES.pick("tex", tmp_path)
    assert caught.value.allowed == "tax"
    with pytest.raises(UsageError, match=r"none\.yaml"):
        OFFICES.pick("none.yaml", tmp_path)


def test_a_later_folder_of_rules_stands_over_an_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    write(shipped / "offices")
    write(shipped / "offices", GOOD.replace("tax", "court").replace("jilin", "henan"), "court")
    write(own / "offices", GOOD.replace("{id: b, evidence: local}", "{id: c, evidence: local}"))
    monkeypatch.setattr(catalogue, "list_layers", lambda: (shipped, own))
    assert [office.duties[-1].id for office in OFFICES.load()] == ["b", "c"]


ONLY = Family("office", "office", Office, "offices/only.yaml", references=(CITIES,))
NESTED = Family("nested", "office", Office, "nested", nested=True, named_by=("city", "office"), leaves_out=("x.yaml",))


def test_a_family_of_one_file(tmp_path: Path) -> None:
    assert ONLY.load_only(write(tmp_path)).office == "tax"
    assert ONLY.names() == ["only"]
    with pytest.raises(SchemeError, match=r"offices/none\.yaml:1: E101 cannot be read"):
        ONLY.load_only(tmp_path / "none.yaml")


def test_a_family_of_inner_folders(tmp_path: Path) -> None:
    write(tmp_path, "no: office", "x")
    write(tmp_path / "jilin")
    assert NESTED.names(tmp_path) == ["jilin/tax"]
    assert NESTED.load(tmp_path)[0].office == "tax"
    write(tmp_path / "henan")
    with pytest.raises(SchemeError, match=r"nested/henan/tax\.yaml:2: E108 city: the path must be jilin/tax\.yaml"):
        NESTED.load(tmp_path)
    assert NESTED.pick(str(tmp_path / "henan" / "tax.yaml")).city == "jilin"  # who names a file puts it where he likes


def test_what_can_be_read_of_a_faulty_file_is_checked_too(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD.replace("jilin", "mars").replace("id: b", "ib: b"))
    partial = Family("partial", "office", Office, "offices", references=(CITIES,), is_partial=True)
    results: dict[bool, RuleSet] = {
        family.is_partial: family.inspect(file.parent)[0] for family in (partial, ONLY_WHOLE)
    }
    assert {fault.code for fault in results[True].source.faults} > {"E301"}
    assert results[False].content is None


ONLY_WHOLE = Family("whole", "office", Office, "offices", references=(CITIES,))


def test_data_are_prepared_and_contents_completed(tmp_path: Path) -> None:
    def prepare(source: Source) -> None:
        source.data = {**source.data, "city": "henan"}

    def complete(content: Office, source: Source) -> Office:
        assert source.path == tmp_path / "tax.yaml"
        return content.model_copy(update={"office": content.city})

    family = Family("made", "office", Office, "offices", prepare=prepare, complete=complete)
    write(tmp_path)
    assert [(office.office, office.city) for office in family.load(tmp_path)] == [("henan", "henan")]


def test_a_changed_file_of_a_folder_that_it_depends_on_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def complete(content: Office, source: Source) -> Office:
        assert source.path is not None
        return content.model_copy(update={"city": (source.path.parent / "cities" / "tax.yaml").read_text().strip()})

    family = Family("made", "office", Office, "offices", complete=complete, depends_on=("cities", "."))
    file = write(tmp_path)
    beside = write(tmp_path / "cities", "henan")
    assert family.pick(str(file)).city == "henan"
    assert family.pick(str(file)) is family.pick(str(file))
    beside.write_text("jilin city")
    assert family.pick(str(file)).city == "jilin city"
    assert family.load(tmp_path)[0].city == "jilin city"
    first = family.pick(str(file))
    write(tmp_path, "beside", "other")
    assert family.pick(str(file)) is not first
    (tmp_path / "rules" / "cities").mkdir(parents=True)
    monkeypatch.setattr(catalogue, "list_layers", lambda: (tmp_path / "rules",))
    second = family.pick(str(file))
    write(tmp_path / "rules" / "cities", "gansu")
    assert family.pick(str(file)) is not second


def test_inner_folders_count_also_for_a_file_that_lies_in_the_folder_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "list_layers", lambda: (tmp_path,))
    family = Family("made", "office", Office, "offices", nested=True, depends_on=("offices", "."))
    file = write(tmp_path / "offices")
    inner = write(tmp_path / "offices" / "inner", "beside", "other")
    first = family.pick(str(file))
    assert family.pick(str(file)) is first
    inner.write_text(inner.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert family.pick(str(file)) is not first
