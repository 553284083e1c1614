"""`creditscore case letter`: the letter of an act of any case: as text, page, Word file and data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from creditscore.cli.acting import On, Schemes, date_given, own_schemes
from creditscore.cli.case_desk import compile_desk, open_desk
from creditscore.cli.office import By, KeyFile, LangOption, StoreAddress, open_store
from creditscore.cli.output import give, wants_json
from creditscore.cli.progress import working
from creditscore.cli.settings import COURT, REVIEW_BODY
from creditscore.core.i18n import Lang

if TYPE_CHECKING:
    from datetime import date

    from creditscore.present.document import Document

OBJECTION = "objection/"
FormOption = Literal["decision", "office", "composite"]


def letter_command(
    case: Annotated[str, typer.Argument(metavar="CASE", show_default=False)],
    out: Annotated[Path, typer.Option()],
    store: StoreAddress,
    on: On,
    document: str = "",
    office: str = "",
    by: By = "",
    act: Annotated[int | None, typer.Option(min=1)] = None,
    form: FormOption = "decision",
    name: str = "",
    to: str = "",
    review_body: Annotated[str, typer.Option(envvar=REVIEW_BODY)] = "",
    court: Annotated[str, typer.Option(envvar=COURT)] = "",
    remedy: str = "",
    docx: Annotated[bool, typer.Option("--docx")] = False,
    template: Path | None = None,
    snapshot: Annotated[Path | None, typer.Option("--snapshot")] = None,
    scheme: Schemes = None,
    key: KeyFile = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.core.i18n import lang_of

    day, chosen = date_given(on), lang_of(lang)
    remedies = {"remedy": remedy, "review_body": review_body, "court": court}
    given: dict[str, Any] = {"document_no": document, "on": day.isoformat(), "office": office, **remedies}
    files = {"docx": docx, "template": template}
    if case.removeprefix(OBJECTION).count("/") or form != "decision" or act is not None:
        _write_act(store, case, act, form, {**given, "name": name, "to": to}, out, files, own_schemes(scheme), chosen)
    else:
        _write_objection(store, case, day, given, out, files, snapshot, scheme, by, key, chosen)


def _write_objection(
    store: str,
    case: str,
    day: date,
    given: dict[str, Any],
    out: Path,
    files: dict[str, Any],
    snapshot: Path | None,
    scheme: list[Path] | None,
    by: str,
    key: Path | None,
    lang: Lang,
) -> None:
    """Write the letter of a decided objection, and note in the log that it was written."""
    from creditscore.core.canonical import canonical, hash_text
    from creditscore.core.folders import whole
    from creditscore.core.i18n import LANGS
    from creditscore.evidence.letter import LETTER, compose_letter, letter_text, write_letters
    from creditscore.evidence.letter_parts import require_said

    require_said(case, document_no=given["document_no"], office=given["office"])
    with open_desk(store, case, snapshot, key) as desk:
        with working("writing_letter"):
            data = compile_desk(desk, day, scheme)
        letters = {language: compose_letter(data, language, **given) for language in LANGS}
        texts = {language: letter_text(letter) for language, letter in letters.items()}
        content = "sha256:" + hash_text(canonical(texts))
        with whole(out, LETTER) as folder:  # the letter is there before the log says that it was written
            written = write_letters(letters, folder, **files)
            number = given["document_no"]
            desk.store.act("objection", "letter", desk.name, by=by, on=day, document_no=number, content=content)
    _say_written(letters, written, out, lang)


def _write_act(
    store: str,
    case: str,
    act: int | None,
    form: FormOption,
    given: dict[str, Any],
    out: Path,
    files: dict[str, Any],
    schemes: Any,
    lang: Lang,
) -> None:
    """Write the letter of an act of a case; its number and its office stand in the log with the act."""
    from creditscore.core.folders import whole
    from creditscore.core.i18n import LANGS
    from creditscore.evidence.act_letter import compose_act_letter
    from creditscore.evidence.act_papers import read_act
    from creditscore.evidence.letter import LETTER, write_letters

    with open_store(store) as opened:
        papers = read_act(opened, case if "/" in case else OBJECTION + case, act, form)
        letters = {language: compose_act_letter(papers, language, **given, schemes=schemes) for language in LANGS}
    with whole(out, LETTER) as folder:
        written = write_letters(letters, folder, **files)
    _say_written(letters, written, out, lang)


def _say_written(letters: dict[Lang, Document], files: list[Path], out: Path, lang: Lang) -> None:
    """Print the letter, the files, and what a person has to fill in by hand."""
    from creditscore.core.i18n import Phrase
    from creditscore.evidence.letter import letter_text

    blanks = [Phrase("letter_lines", "to_fill", (blank,)) for blank in letters[lang].data.get("to_fill", ())]
    texts = {language: letter_text(letter) for language, letter in letters.items()}
    if not wants_json():
        typer.echo(texts[lang], nl=False)
    written = [out / file.name for file in files]
    give({"letter": texts, "to_fill": letters[lang].data.get("to_fill", [])}, *blanks, lang=lang, written=written)
