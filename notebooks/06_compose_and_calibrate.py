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
# # Compose grades of several domains, and calibrate the score
#
# A few firms, each domain graded by its own rule, then one score, explained to the last point; a larger made-up
# population, combined in other ways and set beside what happened later.

# %%
import numpy as np
import pandas as pd

import creditscore as cs
from creditscore.composite import compare_composites
from creditscore.modelling import calibrate_composite, fit_weights, write_fitted

cs.set_language("en")

# %%
firms = ["914403001922038216", "91440115618712245T", "91350100M000100Y43"]
subjects = pd.DataFrame({"subject_id": firms, "kind": "enterprise", "registered_on": "2010-01-01"})
records = pd.DataFrame(
    [
        ("r1", firms[0], "tax", "010101", "2019-03-05", ""),
        ("r2", firms[1], "tax", "010103", "2019-05-06", "act 7"),
        ("r3", firms[1], "labour", "case", "2019-05-06", "act 7"),
        ("r4", firms[1], "environment", "N-V01", "2019-05-06", "act 7"),
    ],
    columns=["record_id", "subject_id", "domain", "item", "occurred_on", "act_id"],
)
lists = pd.DataFrame([{"listing_id": "1", "subject_id": firms[2], "list": "wage_arrears", "entered_on": "2019-02-01"}])
schemes = ["tax", "environment/national", "labour/national", "court/judgment_defaulter"]
gradings = cs.grade_all(records, schemes, as_of="2019-12-31", subjects=subjects, listings=lists)
scored = cs.combine(gradings, "jilin_edz", listings=lists)
scored

# %%
scored.to_pandas()[["subject_id", "score", "grade", "hard_rules", "fragile"]]

# %% [markdown]
# One act stands behind three records of the second firm. It weighs once, where it costs most; the other domains are
# graded again as if it were not there.

# %%
scored.shared_acts.to_pandas()

# %% [markdown]
# No text publishes weights, values or bands; the result says that they are this project's own. An organisation of which
# nothing is known stands at the reference, and a domain without a grade moves nothing.

# %%
scored.manifest["notes"], scored.manifest["reference"]

# %% [markdown]
# ## Explain one
#
# A hard rule takes its share from everybody else's: shares are exact Shapley values of the whole function, so a good
# grade is worth less to a firm on a serious list. They add up to the score, in whole points.

# %%
for firm in firms[1:]:
    explained = scored.explain(firm, gradings)
    assert explained.reference + explained.to_pandas()["contribution"].sum() == explained.score
explained

# %%
explained.plot()

# %% [markdown]
# ## A population
#
# Made-up firms whose later penalties follow three of the domains, and not the fourth.

# %%
rng = np.random.default_rng(5)
rows = 4000
worth = {
    "tax@2014": ("2019", ["A", "B", "M", "C", "D"], [0.0, 0.3, 0.4, 1.2, 2.4]),
    "environment/national@2013": ("2019", ["green", "blue", "yellow", "red"], [0.0, 0.2, 0.8, 1.6]),
    "labour/national@2016": ("2019", ["A", "B", "C"], [0.0, 0.0, 0.0]),
    "court/judgment_defaulter@2017-05-01": ("2019-12-31", ["clear", "triggered", "listed"], [0.0, 0.2, 1.8]),
}
grades, log_odds = [], np.full(rows, -2.6)
for name, (period, codes, cost) in worth.items():
    drawn = rng.choice(len(codes), rows, p=np.array([4, 3, 2, 1, 1])[: len(codes)] / sum([4, 3, 2, 1, 1][: len(codes)]))
    log_odds += np.array(cost)[drawn]
    scheme, _, version = name.partition("@")
    grades.append(
        pd.DataFrame(
            {"subject_id": [f"F{k:04}" for k in range(rows)], "scheme": scheme, "version": version, "period": period}
            | {"state": "graded", "state_reason": "", "grade": np.array(codes)[drawn], "evidence": "verified"}
        )
    )
outcomes = pd.DataFrame({"subject_id": [f"F{k:04}" for k in range(rows)]})
outcomes["event"] = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
table = pd.concat(grades)
population = cs.combine(table, "jilin_edz", acts="unchecked")

# %% [markdown]
# ## Other ways to combine
#
# The weakest link lets the worst domain decide. On the same grades: who moves, and whose grade hangs on the weights?

# %%
other = cs.combine(table, "weakest_link", acts="unchecked")
compared = compare_composites([population, other], draws=20)
pair = compared["pairs"][0]
{name: pair[name] for name in ("spearman", "kendall", "better", "worse", "same_grade")}

# %%
pd.DataFrame(compared["sensitivity"][0]["domains"]).set_index("domain")

# %% [markdown]
# ## Beside later outcomes
#
# Weights fitted to what happened later may not be negative; the result is a configuration that says from what it was
# made.

# %%
fitted = fit_weights(population, outcomes)
file = write_fitted(fitted, "fitted.yaml", outcome="penalised in the following year", checked_on="2026-11-25")
{name: weight for name, weight in fitted.weights.items() if weight}

# %% [markdown]
# ## From score to probability
#
# The curve is fitted on seven tenths of the firms and checked on the rest. The probability is advisory; the composite's
# grade is a rule and stays as it is. The bundle can be registered like any model (`creditscore model register`).

# %%
model, report = calibrate_composite(population, outcomes, "composite", outcome="penalised in the following year")
report

# %%
values = population.contributions.to_pandas().pivot(index="subject_id", columns="domain", values="value")
values["hard_rules"] = population.composite.to_pandas().set_index("subject_id")["hard_rules"]
predicted = model.predict(values)
assert (predicted["score"].to_numpy() == population.composite["score"].to_numpy()).all()
predicted.groupby("risk_class")[["score", "probability"]].mean().round(3)
