"""Which encoding a file has: its words tell Big5 and Shift-JIS from GB18030, and nothing sound is refused."""

from pathlib import Path

import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import InputError
from creditscore.core.tables.encoding import encoding_of

TAIWAN = "subject_id,name\nA,臺北市政府環境保護局\nB,違反空氣污染防制法股份有限公司\n"
JAPAN = "subject_id,name\nA,株式会社トヨタ自動車\nB,労働基準法違反是正勧告\nC,建設業許可ひらがな\n"
RARE = "subject_id,name\nA,镕喆堃昇䶮\nB,淼鑫燊犇猋骉公司\nC,玥珺翀翊煊煜\n"


def file(folder: Path, text: str, encoding: str) -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(("text", "encoding", "name"), [(TAIWAN, "big5", "Big5"), (JAPAN, "cp932", "Shift-JIS")])
def test_words_of_another_encoding_are_no_gb18030(tmp_path: Path, text: str, encoding: str, name: str) -> None:
    with pytest.raises(InputError, match=f"the file is {name}") as caught:
        encoding_of(file(tmp_path, text, encoding))
    assert caught.value.next == "save it as CSV UTF-8"


@pytest.mark.parametrize("text", [TAIWAN, JAPAN, RARE, "subject_id,name\nA,甲公司\n", "subject_id\nA\n"])
def test_the_same_words_and_rare_names_in_gb18030_are_read(tmp_path: Path, text: str) -> None:
    assert encoding_of(file(tmp_path, text, "gb18030")) in ("gb18030", "utf-8-sig")


def test_no_text_of_the_library_in_gb18030_is_taken_for_another(tmp_path: Path) -> None:
    for path in sorted(config_root().rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert encoding_of(file(tmp_path, text, "gb18030")) in ("gb18030", "utf-8-sig"), path
