"""`creditscore.toml`: where it is found, what it says for options that are not given, and what is wrong with one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app, main
from creditscore.cli.settings import COURT, REVIEW_BODY, Settings, load_settings
from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import language, set_language


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with the terminal in a folder below it."""
    for name in ("CREDITSCORE_STORE", "CREDITSCORE_PERSON", "CREDITSCORE_CONFIG", "CREDITSCORE_LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


BODIES = 'review_body = "市政府"\ncourt = "区法院"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "creditscore.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_nearest_file_above_is_read(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings() == Settings()
    write(
        office, 'store = "office.db"\nperson = "li.na"\nroles = ["reviewer"]\nlanguage = "en"\nprofile = "p"\n' + BODIES
    )
    expected = Settings(str(office / "office.db"), "li.na", ("reviewer",), "en", "p", "市政府", "区法院")
    assert (expected.of_variable(REVIEW_BODY), expected.of_variable(COURT)) == ("市政府", "区法院")
    assert load_settings() == expected
    other = write(office / "below", 'store = "postgresql+psycopg://host/x"\n')
    assert load_settings() == Settings("postgresql+psycopg://host/x")
    other.write_text('store = "sqlite:///sub/y.db"\n', encoding="utf-8")
    assert load_settings().store == f"sqlite:///{office / 'below' / 'sub' / 'y.db'}"
    monkeypatch.setenv("CREDITSCORE_CONFIG", str(office / "creditscore.toml"))
    assert load_settings() == expected


def test_store_and_person_stand_in_for_options(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*args: str) -> str:
        done = CliRunner().invoke(app, list(args), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    for name in ("file.db", "variable.db", "option.db"):
        call("store", "create", "--store", str(office / name))
    write(office, 'store = "file.db"\nperson = "li.na"\n')
    assert "li.na" not in call("person", "list")
    call("person", "add", "zhao.min", "--role", "reviewer")
    assert "zhao.min" in call("person", "list")
    monkeypatch.setenv("CREDITSCORE_STORE", str(office / "variable.db"))
    assert "zhao.min" not in call("person", "list")
    assert "zhao.min" in call("person", "list", "--store", str(office / "file.db"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('stroe = "x"\n', "unknown settings: stroe"),
        ("store = 7\n", "the value of store is of the wrong type"),
        ('person = ""\n', "the value of person is of the wrong type"),
        ('roles = "reviewer"\n', "the value of roles is of the wrong type"),
        ('roles = ["king"]\n', "roles cannot be king"),
        ('language = "fr"\n', "language cannot be fr"),
        ('store = "x\n', "is no TOML"),
    ],
)
def test_what_is_wrong_is_told(office: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(office, text)
    with pytest.raises(CreditscoreError, match=message) as refused:
        load_settings()
    assert refused.value.where is not None
    assert refused.value.where.startswith(str(file))
    assert refused.value.exit_code == 3
    with pytest.raises(SystemExit) as stopped:
        main(["person", "list"])
    assert stopped.value.code == 3
    assert message in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["person", "list", "--help"])
    assert stopped.value.code == 0


def test_a_file_that_cannot_be_read(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(office, "").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(CreditscoreError, match="cannot be read"):
        load_settings()
    monkeypatch.setenv("CREDITSCORE_CONFIG", str(office / "nothing.toml"))
    with pytest.raises(CreditscoreError, match="CREDITSCORE_CONFIG names no file"):
        load_settings()


def test_the_language_of_the_file(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*args: str) -> str:
        set_language(None)
        with pytest.raises(SystemExit):
            main([*args, "--version"])
        return language()

    assert said() == "zh"
    write(office, 'language = "en"\n')
    assert said() == "en"
    monkeypatch.setenv("CREDITSCORE_LANG", "zh")
    assert said() == "zh"
    assert said("--lang", "en") == "en"


def test_python_m_creditscore_and_completion(office: Path) -> None:
    def run(*args: str) -> str:
        done = subprocess.run([sys.executable, "-m", "creditscore", *args], capture_output=True, text=True, check=True)
        return done.stdout

    assert run("--version").strip()
    assert run("--help").startswith("用法：creditscore ")
    script = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m creditscore --show-completion; true"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "_CREDITSCORE_COMPLETE=complete_bash" in script
