# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Grade a handful of firms, and see where each point went
#
# Five made-up firms are graded under the tax credit rules for the evaluation year 2022. The grade is a pure
# function of rules, records and attributes. Every point belongs to a record and an article, so the ledger
# adds up to the score.

# %%
import pandas as pd

import creditscore as cs

cs.set_language("en")

# %% [markdown]
# ## The firms
#
# A column that the contract does not name, such as `has_income`, is an attribute that holds for all time. The
# codes are made up; their check digits are right.

# %%
ONE, TWO, THREE, FOUR, FIVE = (
    "91500000MAAAAAA188",
    "91500000MAAAAAA263",
    "91500000MAAAAAA34X",
    "91500000MAAAAAA42Q",
    "91500000MAAAAAA50K",
)
subjects = pd.DataFrame(
    [
        (ONE, "No records", "enterprise", "2010-03-01", True, True),
        (TWO, "Two late filings", "enterprise", "2012-06-01", True, True),
        (THREE, "Many late filings", "enterprise", "2011-09-15", True, True),
        (FOUR, "Withdrawn record", "enterprise", "2015-01-20", True, True),
        (FIVE, "No income in the year", "enterprise", "2013-11-05", False, True),
    ],
    columns=["subject_id", "name", "kind", "registered_on", "has_income", "books_compliant"],
)
subjects

# %% [markdown]
# ## The records
#
# `010101` is a tax return filed late, `010103` are financial statements handed in late. Nothing is deleted
# from the log: its last row withdraws record `r10`, and the ledger still shows that record, with effect 0.

# %%
filings = [
    ("r01", TWO, "010101", "2022-04-20", "vat"),
    ("r02", TWO, "010103", "2022-07-18", None),
    *((f"r{n:02d}", THREE, "010101", f"2022-{n:02d}-20", "vat") for n in range(3, 10)),
    ("r10", FOUR, "010101", "2022-05-20", "vat"),
]
records = pd.DataFrame(
    [
        {
            "record_id": record,
            "event_no": 1,
            "event": "filed",
            "subject_id": subject,
            "item": item,
            "event_on": day,
            "occurred_on": day,
            "recorded_on": day,
            "tax_type": tax,
        }
        for record, subject, item, day, tax in filings
    ]
    + [
        {
            "record_id": "r10",
            "event_no": 2,
            "event": "withdrawn",
            "subject_id": FOUR,
            "item": "010101",
            "event_on": "2022-08-01",
            "recorded_on": "2022-08-01",
        }
    ]
)
records.tail(3)

# %% [markdown]
# ## Grades

# %%
result = cs.grade(records=records, subjects=subjects, scheme="tax", period=2022)
result

# %%
grades = result.to_pandas()
grades[["subject_id", "state", "start", "score", "grade", "route", "margin", "evidence"]]

# %% [markdown]
# ## Ledger
#
# `nominal` is what the rule says a record costs; `effective` is what it did to this score, with its sign.

# %%
ledger = result.ledger.to_pandas()
ledger[["subject_id", "step", "record_id", "item", "nominal", "effective", "article", "reason"]]

# %% [markdown]
# ## One firm
#
# The same ledger for one firm, in words, with the articles; the picture goes from the start to the score.

# %%
explained = result.explain(THREE)
explained

# %%
explained.plot()

# %% [markdown]
# ## The identity
#
# Start plus the effective points of the ledger is the score. Points are decimals: this is `==`, not nearly.

# %%
effective = ledger.groupby("subject_id")["effective"].sum()
scored = grades[grades["score"].notna()].set_index("subject_id")
identity = scored[["start", "score"]].assign(effective=effective)
assert (identity["start"] + identity["effective"] == identity["score"]).all()
identity

# %% [markdown]
# A withdrawn record weighs nothing, so the fourth firm stands where the first one does.

# %%
assert len(scored) > 0
assert scored.loc[FOUR, "score"] == scored.loc[ONE, "score"]
assert scored.loc[THREE, "score"] < scored.loc[TWO, "score"] < scored.loc[ONE, "score"]
