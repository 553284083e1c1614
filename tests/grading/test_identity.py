"""The id of a run: what decides over its rows is part of it, words and the version of the package are not."""

import json
import random
from datetime import date, timedelta
from typing import get_args

import pyarrow as pa
import pytest
from pydantic import BaseModel

from creditscore.composite.config import CompositeConfig
from creditscore.composite.load import load_composite
from creditscore.core.calendars import Calendar, calendar_given, coverage, installed
from creditscore.core.days import to_day
from creditscore.core.model import Label
from creditscore.grading import identity
from creditscore.grading.grade import grade
from creditscore.grading.identity import WORDS, rules_hash, run_id_of
from creditscore.grading.reproduce import reproduce
from creditscore.records import ingest
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

ID = "912201017025000008"
FIRST = "sha256:39ded27df47bb717d448ef95580a1ad17454cb90122b5f245e0faed20553b694"


def snapshot_of():
    records = {
        "record_id": ["r1", "r2"],
        "subject_id": [ID, ID],
        "item": ["010101", "010102"],
        "domain": ["tax", "tax"],
        "booked_on": ["2021-03-04", "bad"],
        "recorded_on": ["2021-04-01", "2021-04-01"],
    }
    subjects = pa.table({"subject_id": [ID], "name": ["甲"]})
    return ingest(subjects, pa.table(records), subject_ids="local", intake_on="2026-11-30")


def graded(snapshot):
    return grade(snapshot, "tax", 2021, max_rejected=5)


def test_what_the_id_is_made_of():
    manifest = graded(snapshot_of()).manifest
    assert manifest["run_format"] == identity.FORMAT
    assert manifest["run_id"] == run_id_of(manifest)
    for name in identity.RUN + identity.LATER:
        assert run_id_of(manifest | {name: "other"}) != manifest["run_id"], name
    for name in ("creditscore", "scheme_hash", "readings", "notes"):
        assert run_id_of(manifest | {name: "other"}) == manifest["run_id"], name


def test_a_run_of_the_first_format_is_made_again_as_it_was(tmp_path):
    snapshot = snapshot_of()
    older = graded(snapshot.in_format(FIRST))
    assert "run_format" not in older.manifest
    assert older.manifest["snapshot_hash"] == FIRST
    assert older.manifest["refused_hash"] == "sha256:4f9a32bea9f0f1bae5331f487d805364418291c3e7584416f8011ab1764e32a8"
    older.write(tmp_path)
    again = reproduce(tmp_path, snapshot)
    assert again.ok, again
    changed = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    changed["snapshot_hash"] = FIRST[:-1] + "0"
    (tmp_path / "manifest.json").write_text(json.dumps(changed), encoding="utf-8")
    assert {cause.what for cause in reproduce(tmp_path, snapshot).causes} >= {"snapshot_hash", "run_id"}


def test_the_id_of_a_run_of_the_first_format_stays_what_it_is():
    run = {
        "creditscore": "0.1.0",
        "scheme_hash": "sha256:643592811111d1563ae8aac280f8985fbfe8566ccd0206e3acf5210107237db6",
        "snapshot_hash": FIRST,
        "scheme": "tax@2014",
        "period": "2021",
        "as_of": "2021-12-31",
        "known_at": "2021-04-01",
        "law_known_at": "latest",
        "refused_hash": "sha256:4f9a32bea9f0f1bae5331f487d805364418291c3e7584416f8011ab1764e32a8",
        "accepted": [],
        "period_over": True,
    }
    assert run_id_of(run) == "7162ff91a907dfa2"


def with_other_words(value):
    """A part of a scheme with every label and word changed."""
    if isinstance(value, Label):
        return Label(zh=value.zh + "又", en=value.en + " too")
    if isinstance(value, BaseModel):
        parts = {name: getattr(value, name) for name in type(value).model_fields}
        changed = {
            name: f"{part} more" if name in WORDS and isinstance(part, str) else with_other_words(part)
            for name, part in parts.items()
        }
        return value.model_copy(update=changed)
    if isinstance(value, dict):
        return {key: with_other_words(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(with_other_words(part) for part in value)
    return value


def leaves(value, path=()):
    """Where the plain values of a scheme stand that are no words."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        parts = {name: getattr(value, name) for name in fields if name not in WORDS and not fields[name].exclude}
    elif isinstance(value, dict):
        parts = value
    elif isinstance(value, list | tuple):
        parts = dict(enumerate(value))
    elif value is not None:
        yield path, value
        return
    else:
        return
    for key, part in parts.items():
        if not isinstance(part, Label):
            yield from leaves(part, (*path, key))


def changed_at(value, path):
    """A scheme with another value at one place."""
    if not path:
        if isinstance(value, bool):
            return not value
        return f"{value}1" if isinstance(value, str) else value + (timedelta(1) if isinstance(value, date) else 1)
    if isinstance(value, BaseModel):
        return value.model_copy(update={path[0]: changed_at(getattr(value, path[0]), path[1:])})
    if isinstance(value, dict):
        return value | {path[0]: changed_at(value[path[0]], path[1:])}
    parts = list(value)
    parts[path[0]] = changed_at(parts[path[0]], path[1:])
    return type(value)(parts)


@pytest.mark.parametrize("scheme", [version.name for version in registry.versions("tax")])
def test_words_do_not_count(scheme):
    rules = registry.pick_recorded(scheme, None)
    other = with_other_words(rules)
    assert other != rules
    assert rules_hash(other) == rules_hash(rules)


@pytest.mark.parametrize("scheme", ["tax", "labour/jilin", "examples/food_hygiene_uk"])
def test_every_other_value_counts(scheme):
    rules = registry.versions(scheme)[-1]
    places = list(leaves(rules))
    chosen = random.Random(5).sample(places, min(60, len(places)))
    hashes = {rules_hash(changed_at(rules, path)) for path, _ in chosen} | {rules_hash(rules)}
    assert len(hashes) == len(chosen) + 1


def test_a_composite_has_the_hash_of_its_rules():
    rules = load_composite("jilin_edz")
    other = rules.model_copy(update={"label": Label(zh="别", en="other")})
    assert rules_hash(other) == rules_hash(rules)
    assert rules_hash(rules.model_copy(update={"composite": "x"})) != rules_hash(rules)


def taken(days=None, **more):
    records = {"record_id": ["r1"], "subject_id": [ID], "item": ["010101"], "domain": ["tax"]}
    records |= days or {"booked_on": ["2021-03-04"], "recorded_on": ["2021-04-01"]}
    records |= {name: more.pop(name) for name in list(more) if name != "feeds"}
    return ingest(
        pa.table({"subject_id": [ID]}), pa.table(records), subject_ids="local", intake_on="2026-11-30", **more
    )


def id_of(snapshot, scheme="tax@2014", period=2021, **options):
    return grade(snapshot, scheme, period, max_rejected=9, **options).manifest["run_id"]


def test_feeds_that_were_all_refused_are_no_missing_table():
    refused = {"domain": ["tax"], "from": ["2022-01-01"], "to": ["2021-01-01"], "source": ["x"]}
    without, with_refused = taken(), taken(feeds=pa.table(refused))
    assert without.content_hash() == with_refused.content_hash()
    assert id_of(without) != id_of(with_refused)


def test_marks_of_all_grades_are_part_of_the_id():
    snapshot = taken(Amout=["5"])
    assert id_of(snapshot) != id_of(snapshot, ignore_columns=["Amout"])


def test_items_of_other_versions_are_part_of_the_id_where_the_input_has_them():
    versions = {version.name: version for version in registry.versions("tax")}
    older, newer = versions["tax@2014"], versions["tax@2025"]
    foreign = min(set(newer.items) - set(older.items))
    assert id_of(taken()) == id_of(taken(), older)
    assert id_of(taken(item=[foreign])) != id_of(taken(item=[foreign]), older)


def test_working_days_are_part_of_the_id_until_the_day_of_knowledge():
    days = {name: ["2025-03-01"] for name in ("booked_on", "occurred_on", "recorded_on")}
    snapshot = taken({**days, "corrected_on": ["2025-03-05"]})
    first, last = coverage()
    known = to_day(date(2025, 3, 5))

    def under(turned, last):
        with calendar_given(Calendar(first, last, frozenset(turned))):
            return grade(snapshot, "tax@2025", 2025, max_rejected=9, provisional=True).manifest

    usual = under(installed().turned, last)
    assert usual["run_id"] == under([*installed().turned, known + 1], last)["run_id"]
    assert usual["run_id"] == under(installed().turned, last + 365)["run_id"]
    assert usual["run_id"] != under([*installed().turned, known - 2], last)["run_id"]
    assert usual["working_days"] != "none"
    assert grade(taken(), "tax@2014", 2019, provisional=True).manifest["working_days"] == "none"


def test_rows_of_the_history_are_chosen_whatever_their_order():
    past = {"subject_id": [ID, ID], "period": ["2020", "2020"], "grade": ["", ""], "domain": ["tax", "tax"]}
    states = ["not_graded", "not_computable"]
    chosen = []
    for order in (states, states[::-1]):
        history = pa.table({**past, "state": order})
        snapshot = ingest(
            pa.table({"subject_id": [ID]}),
            pa.table({"record_id": ["r1"], "subject_id": [ID], "item": ["010101"], "domain": ["tax"]}),
            history=history,
            subject_ids="local",
            intake_on="2026-11-30",
        )
        grading = grade(snapshot, "tax@2014", 2021, max_rejected=9)
        chosen.append((grading.manifest["run_id"], grading.con.execute("SELECT state FROM all_past").fetchall()))
    assert chosen[0] == chosen[1]


def test_the_order_of_a_composites_schemes_counts():
    rules = load_composite("jilin_edz")
    plain = json.loads(rules.model_dump_json(by_alias=True))
    groups = [{**group, "domains": [turned(domain) for domain in group["domains"]]} for group in plain["groups"]]
    other = {**plain, "groups": groups}
    same, turned_rules = (CompositeConfig.model_validate_json(json.dumps(part)) for part in (plain, other))
    assert rules_hash(same) == rules_hash(rules)
    assert rules_hash(turned_rules) != rules_hash(rules)


def turned(domain):
    """A domain whose schemes stand the other way round."""
    return {**domain, "schemes": dict(reversed(domain["schemes"].items()))}


def test_words_are_left_out_of_known_fields_only():
    # a field with one of these names that decides would have to be named otherwise
    known = {
        ("Cite", "row"),
        ("CompositeConfig", "checked_on"),
        ("Gap", "reason"),
        ("Rule", "note"),
        ("Scheme", "checked_on"),
        ("Scheme", "missing"),
    }
    left_out = set()

    def look(model):
        for name, field in model.model_fields.items():
            owner = next(base for base in reversed(model.__mro__) if name in getattr(base, "__annotations__", {}))
            if name in WORDS:
                left_out.add((owner.__name__, name))
            for inner in models_in(field.annotation):
                if inner not in seen:
                    seen.add(inner)
                    look(inner)

    seen = set()
    look(Scheme)
    look(CompositeConfig)
    assert left_out == known, left_out ^ known


def models_in(kind):
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from models_in(part)
