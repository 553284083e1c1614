"""The UK extract that ships with the package."""

from creditscore.demo.uk import EXTRACT, regrade


def test_every_published_rating_is_reproduced() -> None:
    compared = regrade()
    assert compared.total > 5000
    assert compared.equal == compared.total
    assert all(published == again == equal > 0 for _, published, again, equal in compared.rows)


def test_the_extract_is_small_attributed_and_without_names() -> None:
    assert EXTRACT.stat().st_size < 200_000
    lines = EXTRACT.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "est_id,authority_code,hygiene,structural,confidence,rating_value,rating_date"
    assert len({line.split(",")[1] for line in lines[1:]}) == 261
    assert len({tuple(line.split(",")[2:5]) for line in lines[1:]}) == 137
    attribution = EXTRACT.with_name("ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "Contains public sector information licensed under the Open Government Licence v3.0." in attribution
    assert "Food Standards Agency" in attribution
