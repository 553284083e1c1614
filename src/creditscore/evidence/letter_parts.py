"""What every letter has: how a decision can be contested, whom it may speak of, and how its parts are laid out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS, Lang, clean, phrase, say
from creditscore.present.document import Block, Listing, Paragraph, Signature
from creditscore.schemes.citing import cited_text
from creditscore.schemes.remedies import Terms, terms_on

Part = tuple[str, tuple[str, ...]]  # a sentence, and the items below it
CREDIT_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{18}(?![0-9A-Za-z])")


def name_option(name: str) -> str:
    """Return the option of `case letter` that gives a part of a letter."""
    return "--document" if name == "document_no" else f"--{name.replace('_', '-')}"


def require_said(where: str, **texts: str) -> None:
    """Raise UsageError for the first text that is empty, by the option that gives it; `where`: the case."""
    for name, text in texts.items():
        if not text.strip():
            raise UsageError("evidence.letter_lacks", name=name_option(name), where=where)


def tell_remedy(
    where: str, on: date, remedy: str, review_body: str, court: str, *, needed: bool
) -> dict[Lang, list[str]]:
    """Tell how a decision can be contested: in the office's own words, or with the terms of review and suit of a day.

    Parameters
    ----------
    where
        The case, for errors.
    on
        The day of the letter.
    remedy, review_body, court
        What the office says: its own words, who decides on a review, the court of a suit.
    needed
        Whether the decision is to the detriment of the addressee, so that a letter without remedies is refused.

    Raises
    ------
    UsageError
        Remedies are needed and not said, review and suit do not stand together, or no terms of the day are known.
    """
    if bool(review_body) != bool(court):
        raise UsageError("evidence.review_without_suit", where=where)
    if not court:
        if not remedy and needed:
            raise UsageError("evidence.no_remedy_named", where=where)
        return {lang: [clean(remedy)] if remedy else [] for lang in LANGS}
    terms = terms_on(on)
    if terms is None:
        raise UsageError("evidence.no_terms_of_day", day=on, where=where)
    own = [clean(remedy)] if remedy else []
    return {lang: [*own, _say_terms(terms, clean(review_body), clean(court), lang)] for lang in LANGS}


def _say_terms(terms: Terms, review_body: str, court: str, lang: Lang) -> str:
    laws = [cite_numbered(f"{cite.law} {cite.article}", lang) for cite in terms.cite]
    return phrase("letter", "remedy_told", lang, terms.review, review_body, terms.suit, court, laws)


def cite_numbered(articles: str, lang: Lang) -> str:
    """`LAW place; LAW place` as a letter cites it: title, document number, article."""
    return clean(say(cited_text(articles, number=True), lang))


def aside(text: str, lang: Lang) -> str:
    """A text in brackets; nothing for no text."""
    if not text:
        return ""
    return f"（{text}）" if lang == "zh" else f" ({text})"


def name_addressee(data: Mapping[str, Any], lang: Lang) -> str:
    """The organisation by its name with its code behind it; by the code alone where no name is known."""
    who = clean(data["name"] or data["subject_id"])
    return f"{who}{aside(data['subject_id'], lang)}" if data["name"] else who


def hide_others(value: Any, own: str, lang: Lang) -> Any:
    """Texts, also within lists and mappings, with words in place of the credit code of any other organisation."""
    if isinstance(value, str):
        return _hide_codes(value, own, lang)
    if isinstance(value, Mapping):
        return {name: hide_others(inner, own, lang) for name, inner in value.items()}
    return [hide_others(inner, own, lang) for inner in value] if isinstance(value, list | tuple) else value


def _hide_codes(text: str, own: str, lang: Lang) -> str:
    from stdnum.cn import uscc

    plain = "".join(narrow if len(narrow := unicodedata.normalize("NFKC", sign)) == 1 else sign for sign in text)
    for match in reversed(list(CREDIT_CODE.finditer(plain))):
        code = match[0].upper()
        if code != own and uscc.is_valid(code):
            text = text[: match.start()] + phrase("letter", "other", lang) + text[match.end() :]
    return text


def lay_out(parts: Iterable[Part], lang: Lang, *, to: str, office: str, day: str) -> list[Block]:
    """Lay out a letter: the addressee, each part with its items, the signature with the place of the seal."""
    blocks: list[Block] = [Paragraph(clean(phrase("letter", "to", lang, to)), "lead")]
    for text, items in parts:
        blocks.append(Paragraph(text))
        blocks += [Listing(items, numbered=True)] if len(items) > 1 else map(Paragraph, items)
    return [*blocks, Signature(clean(office), day, phrase("letter", "seal", lang))]
