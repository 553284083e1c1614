"""Roles: one file, read strictly; a second person is another person."""

import pytest

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.store import load_roles, second_person

GOOD = "roles:\n  analyst: [wang, 李娜]\n  grader: []\n  reviewer: [zhang]\n  approver: [chen, wang]\n"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "roles.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_role_is_required(file):
    roles = load_roles(file(GOOD))
    roles.require("analyst", "李娜")
    roles.require("approver", "WANG ")
    assert roles.of("wang") == ("analyst", "approver")
    assert roles.of("nobody") == ()
    with pytest.raises(NotAllowed, match="'zhang' is no approver") as exception_info:
        roles.require("approver", "zhang")
    assert "chen" in str(exception_info.value)
    with pytest.raises(NotAllowed, match="no grader") as exception_info:
        roles.require("grader", "wang")
    assert "nobody has the role" in str(exception_info.value)
    with pytest.raises(UsageError, match="no role 'boss'"):
        roles.require("boss", "wang")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("grader: []", "grader: [li, LI]", "stands twice"),
        ("grader: []", "grader: li", "list of names"),
        ("grader: []", "grader: [1]", "no name"),
        ("grader: []", "grader: ['']", "no name"),
        ("grader: []", "boss: [li]", "no such role"),
        ("  grader: []\n", "", "grader is not named"),
        ("  grader: []\n", "  analyst: []\n  grader: []\n", "duplicate key"),
        ("roles:", "people:", "roles:"),
        ("roles:", "more: 1\nroles:", "nothing else"),
        (GOOD, "", "empty"),
        (GOOD, "[", "not YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(file, old, new, message):
    with pytest.raises(UsageError, match="roles cannot be read") as exception_info:
        load_roles(file(GOOD.replace(old, new)))
    assert message in str(exception_info.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_roles(tmp_path / "none.yaml")


@pytest.mark.parametrize("same", ["li.na", "LI.NA", " li.na", "ｌｉ.na"])
def test_a_second_person_is_another_person(same):
    second_person("chen", "li.na", "wang")
    with pytest.raises(NotAllowed, match="second person"):
        second_person(same, "wang", "li.na", act="the promotion")
    with pytest.raises(NotAllowed, match="none is named"):
        second_person(" ", "wang")
