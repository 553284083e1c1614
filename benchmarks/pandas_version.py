"""The same scheme in pandas, grades only: what somebody without SQL would write, kept vectorised throughout.

    python benchmarks/pandas_version.py build/bench/data-1 build/bench/out

Keys are category codes, so that groupings work on integers. Like the handwritten SQL it trusts its input.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from handwritten import AS_OF, KNOWN_AT, items

COLUMNS = [
    "record_id",
    "subject_id",
    "item",
    "event_no",
    "event",
    "occurred_on",
    "recorded_on",
    "quantity",
    "act_id",
    "corrected_on",
    "share",
]
GROUP_CAPS = {"filing": 30, "labour": 25, "environment": 25, "safety": 30, "quality": 20, "merits": 8}


def weighed(records: pd.DataFrame, scheme: pd.DataFrame) -> pd.DataFrame:
    """Known records inside their windows that were not withdrawn, with `net` points in millionths."""
    as_of, known_at = pd.Timestamp(AS_OF), pd.Timestamp(KNOWN_AT)
    records = records[records["recorded_on"] <= known_at]
    later = records[records["event"] != "filed"]
    filed = records[records["event"] == "filed"]
    filed = filed.assign(day=filed["occurred_on"].fillna(filed["recorded_on"])).drop(columns=["share", "corrected_on"])
    filed = filed.merge(scheme, on="item")
    filed = filed[(filed["day"] > filed["after"]) & (filed["day"] <= as_of)]
    filed = filed[~filed["record_id"].isin(later.loc[later["event"] == "withdrawn", "record_id"])]
    nominal = filed["points"] * np.where(filed["each"], filed["quantity"], 1).astype(np.int64)
    percent = filed["record_id"].map(given_back(later, filed)).fillna(0).to_numpy()
    back = np.floor(nominal * percent / 100 + 0.5).astype(np.int64)
    recent = filed["day"] > as_of - pd.DateOffset(months=24)
    return filed.assign(net=nominal - back, serious=filed["serious"] & recent & (percent < 100))


def given_back(later: pd.DataFrame, filed: pd.DataFrame) -> pd.Series:
    """Percent given back, by record: each share in the window of its own day."""
    mended = later[later["event"] == "corrected"].sort_values(["record_id", "event_no"])
    before = mended.groupby("record_id")["share"].cumsum().groupby(mended["record_id"]).shift().fillna(0)
    mended = mended.assign(share=mended["share"].fillna(1 - before))[["record_id", "corrected_on", "share"]]
    columns = ["record_id", "recorded_on", "back_90", "back_year", "back_later"]
    mended = mended.merge(filed.loc[filed["back_90"].notna(), columns], on="record_id")
    share = np.select(
        [
            mended["corrected_on"] <= mended["recorded_on"] + pd.Timedelta(days=90),
            mended["corrected_on"] <= mended["recorded_on"] + pd.DateOffset(months=12),
        ],
        [mended["back_90"], mended["back_year"]],
        mended["back_later"],
    )
    return (mended["share"] * share).groupby(mended["record_id"]).sum()


def selected(records: pd.DataFrame) -> pd.DataFrame:
    """Each record of an item that always counts; the heaviest of each day, month, act … of the others."""
    always = records["basis"] == "time"
    rest = records[~always]
    day, basis = rest["day"], rest["basis"]
    months = day.dt.year * 12 + day.dt.month - 1
    keys = [day.to_numpy().astype("datetime64[D]").astype(np.int64), months, months // 3, months // 12]
    when = np.select([basis == name for name in ("day", "month", "quarter", "year")], keys, 0)
    act = pd.factorize(rest["act_id"].fillna(rest["record_id"]).where(basis == "act", ""))[0]
    heaviest = rest["net"].groupby([rest["subject"], rest["item"], when, act], sort=False).transform("max")
    serious = rest["serious"].groupby([rest["subject"], rest["item"], when, act], sort=False).transform("sum")
    rest = rest.assign(net=heaviest, serious=serious, when=when, act=act)
    rest = rest.drop_duplicates(["subject", "item", "when", "act"])
    return pd.concat([records[always], rest])[["subject", "item", "sign", "grp", "cap", "net", "serious", "veto"]]


def totals(chosen: pd.DataFrame) -> pd.DataFrame:
    """From items through groups to subjects, with caps on the way."""
    first = {"sign": "first", "grp": "first", "cap": "first"}
    how = {"net": "sum", "serious": "sum", "veto": "max"}
    item = chosen.groupby(["subject", "item"], sort=False).agg({**first, **how}).reset_index()
    item["net"] = np.minimum(item["net"], item["cap"].fillna(np.inf)).astype(np.int64)
    group = item.fillna({"grp": ""}).groupby(["subject", "sign", "grp"], sort=False).agg(how).reset_index()
    cap = group["grp"].map(GROUP_CAPS).fillna(np.inf) * 1_000_000
    group["net"] = np.minimum(group["net"], cap).astype(np.int64) * group["sign"]
    return group.groupby("subject", sort=False).agg(how)


def grades(records: pd.DataFrame, subjects: pd.DataFrame, scheme: pd.DataFrame) -> pd.DataFrame:
    codes = pd.Index(subjects["subject_id"].sort_values())
    records = records.assign(subject=codes.get_indexer(records["subject_id"])).drop(columns="subject_id")
    sums = totals(selected(weighed(records, scheme))).reindex(range(len(codes)))
    score = (100_000_000 + sums["net"].fillna(0)).clip(0, 105_000_000).astype(np.int64)
    veto, serious = sums["veto"].fillna(False).astype(bool), sums["serious"].fillna(0) >= 5
    band = np.select([score >= edge * 1_000_000 for edge in (90, 75, 60, 40)], list("ABCD"), "E")
    grade = np.where(veto, "E", np.where(serious & (band < "C"), "C", band))
    route = np.where(veto, "direct", "score")
    return pd.DataFrame({"subject_id": codes, "score": score / 1e6, "grade": grade, "route": route})


def run(data: Path, out: Path) -> None:
    """Write grades.parquet to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    records = pd.read_parquet(data / "records.parquet", columns=COLUMNS)
    subjects = pd.read_parquet(data / "subjects.parquet", columns=["subject_id"])
    for column in ("occurred_on", "recorded_on", "corrected_on"):
        records[column] = records[column].astype("datetime64[s]")
    grades(records, subjects, items()).to_parquet(out / "grades.parquet", index=False, compression="zstd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    run(given.data, given.out)


if __name__ == "__main__":
    main()
