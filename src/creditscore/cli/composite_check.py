"""`creditscore composite check`: what is wrong with composites, what they can reach, how they spread the demo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.output import give, tabulate, told
from creditscore.cli.progress import working
from creditscore.cli.scheme_check import tell_faults
from creditscore.core.errors import ExitCode

if TYPE_CHECKING:
    from creditscore.composite.config import CompositeConfig
    from creditscore.composite.separation import Separation


def check_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[CONFIG|FILE]…")] = None,
    demo: Annotated[bool, typer.Option("--demo")] = False,
    subjects: Annotated[int, typer.Option(min=50)] = 2000,
    seed: int = 1,
) -> None:
    from creditscore.composite.load import inspect_all
    from creditscore.core.partial_parse import in_order

    checked = inspect_all(names or ())
    faults = in_order(dict.fromkeys(fault for _, source in checked for fault in source.faults))
    sound = [config for config, source in checked if config is not None and not source.faults]
    reach = [row for config in sound for row in _reach(config)]
    spread = _on_the_demo(sound, subjects, seed) if demo else {}
    data = {
        "faults": [vars(fault) for fault in faults],
        "reach": reach,
        "demo": {
            name: {
                "sentence": str(spread_of_demo.sentence),
                "grades": spread_of_demo.counts,
                "different": spread_of_demo.different,
                "even": spread_of_demo.even,
            }
            for name, spread_of_demo in spread.items()
        },
    }
    separations = [
        part
        for name, separation in spread.items()
        for part in tell_separation(separation, told("made_up_district", name, subjects))
    ]
    give(
        data,
        *tell_faults(faults),
        tabulate(reach, "composite", "from", "best", "nothing_known", "worst", "reached"),
        *separations,
        told("composites_checked", len(checked), told("faults", len(faults))),
        told("codes_explained", "docs/checks.md") if faults else None,
    )
    if faults:
        raise typer.Exit(ExitCode.SCHEME)


def tell_separation(separation: Separation, title: Any) -> Iterator[Any]:
    """The table of grades, and how well they separate."""
    from creditscore.present.document import percent

    rows = [
        {"grade": code, "organisations": count, "share": percent(share)} for code, count, share in separation.counts
    ]
    yield tabulate(rows, "grade", "organisations", "share", title=title)
    yield separation.sentence


def _reach(config: CompositeConfig) -> list[dict[str, Any]]:
    """Best and worst score of each stretch of days with the same versions in force."""
    from creditscore.composite.proofs import reached, stretches
    from creditscore.composite.score import function_of, reference_score

    nothing, rows = reference_score(function_of(config)), []
    for day, cells in stretches(config):
        reach = reached(config, cells)
        rows.append(
            {
                "composite": config.name,
                "from": day.isoformat(),
                "best": reach.best,
                "nothing_known": nothing,
                "worst": reach.worst,
                "reached": f"{len(reach.places)} of {len(config.grades)}",
            }
        )
    return rows


def _on_the_demo(configs: list[CompositeConfig], subjects: int, seed: int) -> dict[str, Separation]:
    from creditscore.composite.separation import separate
    from creditscore.demo.plan_years import score_district

    with working("made_up_district"):
        return {name: separate(composite) for name, composite in score_district(configs, subjects, seed).items()}
