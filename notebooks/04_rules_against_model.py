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
# # Rules against model
#
# The statutory grade counts what the law says counts. Does it also predict? Made-up firms are graded for 2022 under
# the tax rules; a model looks at the same year; both are held against what happened in 2023.

# %%
# %matplotlib inline
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import creditscore as cs
from creditscore.demo import credit_codes
from creditscore.modelling import MasterScale, TrainConfig, from_grading, rules_beside, train

# %%
rng = np.random.default_rng(3)
firms = 1500
ids = credit_codes(["91990000"] * firms, rng)
careless = rng.gamma(1.2, 1.0, firms)
late, statements, years = rng.poisson(1.5 * careless), rng.poisson(0.4, firms), rng.integers(1, 20, firms)
log_odds = -3.4 + 0.9 * careless - 0.03 * years
breach = (rng.random(firms) < 1 / (1 + np.exp(-log_odds))).astype(int)

# %% [markdown]
# ## The statutory grade
#
# `010101` is a declaration made late, `010103` are statements handed in late. The second happens to everybody alike:
# the rule counts it, and in this made-up world it says nothing about the year after.

# %%
rows = []
for item, counts in (("010101", late), ("010103", statements)):
    for firm, count in enumerate(counts):
        for k in range(min(count, 12)):
            day = f"2022-{k + 1:02d}-20"
            rows.append((f"{item}-{firm}-{k}", ids[firm], item, day, day, "vat"))
records = pd.DataFrame(rows, columns=["record_id", "subject_id", "item", "event_on", "occurred_on", "tax_type"])
subjects = pd.DataFrame({"subject_id": ids, "kind": "enterprise", "registered_on": "2000-01-01"})
subjects = subjects.assign(has_income=True, books_compliant=True)
graded = from_grading(cs.grade(records, "tax", 2022, subjects=subjects))
graded.subjects["grade"].value_counts()

# %% [markdown]
# ## A model of the same year

# %%
table = pd.DataFrame({"late": late, "statements": statements, "years": years, "breach": breach}, index=ids)
model = train(table, TrainConfig.of({"target": "breach", "name": "breach-2023", "parameters": {"smoothing": 1.0}}))
predicted = model.predict(table)
grades = list(graded.grades)
shares = graded.subjects["grade"].value_counts(normalize=True).reindex(grades)
used = shares[shares > 0]
edges = np.quantile(predicted["probability"], np.cumsum(used.to_numpy())[:-1])
classes = pd.Series(
    MasterScale.from_cuts(np.unique(edges), list(used.index)).labels(predicted["probability"]), index=ids
)

# %% [markdown]
# ## Side by side

# %%
report = rules_beside(
    graded,
    pd.Series(breach, index=ids),
    predicted["probability"],
    classes,
    advisory_explanations=predicted["reason_1"].fillna("").to_dict(),
)
report.numbers["points"]

# %%
report.tables["items"].round(3)

# %% [markdown]
# Late declarations tell of later breaches. For late statements the interval holds no effect: the rule may still be
# right, because it states a duty, and not a forecast.


# %%
def lifts() -> Figure:
    """Rate with the item over rate without it, with its interval."""
    shown = report.tables["items"]
    figure = Figure(figsize=(6, 0.6 * len(shown) + 1), layout="constrained")
    axes = figure.add_subplot()
    middle = shown["lift"].to_numpy()
    error = np.abs(shown[["lift_low", "lift_high"]].to_numpy().T - middle)
    axes.errorbar(middle, shown["item"], xerr=error, fmt="o", capsize=4)
    axes.axvline(1, color="grey", lw=0.8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(y=0.4)
    axes.set_xlabel("rate of a breach with the item, over that without")
    return figure


lifts()

# %% [markdown]
# ## Who would change places
#
# At the same capacity for inspections: whom would the points choose, whom the model, and how did they fare?

# %%
swaps = report.tables["swaps"]
swaps.query("by == 'all'")[["set", "count", "events", "rate", "rate_low", "rate_high"]].round(3)

# %%
assert swaps.query("by == 'all'")["count"].sum() == report.numbers["coverage"]["used"]
report.tables["measures"].round(4)
