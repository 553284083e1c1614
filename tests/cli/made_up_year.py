"""Tables of a made-up district for one year: 300 organisations in three parts of it, with records of five domains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from creditscore.demo.codes import credit_codes

DISTRICTS = ("东区", "西区", "九站")
INDUSTRIES = ("建筑业", "制造业", "餐饮业", "批发业")


def organisations(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """280 firms, twelve sole traders (92…) and eight private bodies (52…) where `count` is 300."""
    kinds = np.array(["91"] * (count - 20) + ["92"] * 12 + ["52"] * 8)
    codes = credit_codes([f"{kind}220299" for kind in kinds], rng)
    of = {"91": "enterprise", "92": "individual_business", "52": "social_organisation"}
    return pd.DataFrame(
        {
            "subject_id": codes,
            "name": [f"测试企业{k:03d}号" for k in range(count)],
            "kind": [of[kind] for kind in kinds],
            "registered_on": "2015-03-02",
            "region": "220299",
            "district": [DISTRICTS[k % 3] for k in range(count)],
            "industry": [INDUSTRIES[k % 4] for k in range(count)],
            "size": [("小型", "中型", "大型")[k % 7 % 3] for k in range(count)],
            "ownership": "民营",
            "first_filed_on": "2015-04-10",
            "has_income": "true",
            "books_compliant": "true",
            "assessed_on": ["2023-01-20" if k % 4 == 2 else "" for k in range(count)],  # food operators
        }
    )


def records(firms: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Tax records of everybody; wages, market, procurement and patents of a few; food risk scores of a third."""
    rows: list[dict[str, object]] = []

    def add(domain: str, k: int, item: str, on: str, **more: object) -> None:
        rows.append(
            {
                "record_id": f"{domain}{len(rows)}",
                "domain": domain,
                "subject_id": firms[k],
                "item": item,
                "occurred_on": on,
                "recorded_on": on,
                **more,
            }
        )

    for k in range(len(firms)):
        for _ in range(int(rng.poisson(1.2))):
            day = f"2022-{int(rng.integers(1, 13)):02}-{int(rng.integers(1, 28)):02}"
            add("tax", k, "010101", day, booked_on=day, tax_type="vat")
    for k in (3, 17, 40):
        add("tax", k, "040103", "2022-08-09", booked_on="2022-08-09", decided_on="2022-08-09", amount=200_000, ratio=15)
    for k in (4, 8, 12, 16):  # builders that owe wages: an order to pay by 20 January, not obeyed
        add(
            "wages",
            k,
            "arrears",
            "2022-12-01",
            ordered_on="2023-01-10",
            deadline_on="2023-01-20",
            workers=20,
            months_owed=4,
            worker_amount=30_000,
            amount=400_000,
        )
    for k in (21, 22, 23, 30, 31):
        add("market", k, "annual_report", "2023-06-30", year_ended_on="2021-12-31")
    for k in (9, 10, 40):
        add(
            "market",
            k,
            "food",
            "2023-01-11",
            decided_on="2023-02-01",
            nature="vile",
            penalty="fine_heavier_band",
            amount=500_000,
            act_id=f"ACT{k}",
        )
    for k in (50, 51, 40):
        add(
            "procurement",
            k,
            "fine",
            "2023-01-15",
            decided_on="2023-02-01",
            authority="finance",
            amount=50_000,
            act_id=f"ACT{k}",
        )
    for k in (60, 61):
        add("intellectual_property", k, "bad_faith_trade_mark", "2023-01-05", decided_on="2023-02-03")
    for k in range(2, len(firms), 4):  # restaurants
        add("food", k, "static", "2023-01-20", quantity=int(rng.integers(5, 38)))
        add("food", k, "dynamic", "2023-01-20", quantity=int(rng.integers(0, 40)))
    return pd.DataFrame(rows)


def write_tables(folder: Path, count: int = 300, seed: int = 5) -> list[str]:
    """Write subjects.csv, records.csv, feeds.csv and inspectors.csv; the credit codes."""
    rng = np.random.default_rng(seed)
    subjects = organisations(count, rng)
    codes: list[str] = subjects.subject_id.to_list()
    subjects.to_csv(folder / "subjects.csv", index=False)
    subjects[subjects.assessed_on != ""].to_csv(folder / "food.csv", index=False)  # whom food inspections concern
    filed = records(codes, rng)
    filed.to_csv(folder / "records.csv", index=False)
    filed[filed.domain == "food"].to_csv(folder / "food_records.csv", index=False)
    domains = ("tax", "wages", "market", "procurement", "intellectual_property", "food")
    feeds = [
        {"domain": domain, "from": "2020-01-01", "to": "2024-12-31", "source": f"{domain} 系统"} for domain in domains
    ]
    pd.DataFrame(feeds).to_csv(folder / "feeds.csv", index=False)
    people = [
        {"inspector_id": f"JC{k:02}", "certificates": ("joint;food", "joint", "food")[k % 3], "days": 60}
        for k in range(12)
    ]
    pd.DataFrame(people).to_csv(folder / "inspectors.csv", index=False)
    return codes
