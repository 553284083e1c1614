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
# A made-up district in the second year of the plan: every domain graded by its own rule, then one score, explained to
# the last point, compared with other ways to combine, and set beside what happened later.

# %%
import numpy as np
import pandas as pd

import creditscore as cs
from creditscore.composite.compare import compare
from creditscore.demo.district import district
from creditscore.demo.plan_years import plan_years
from creditscore.explanation.composite import explain_composite
from creditscore.explanation.composite_text import render
from creditscore.modelling.composite_weights import fit_weights, write_fitted
from creditscore.modelling.release.composite import calibrate_composite

# %%
made = district(150)
gradings = next(one for one in plan_years(made.subjects, np.random.default_rng(3)) if one.year == 2019).gradings
found = cs.combine(gradings, "jilin_edz")
found.manifest["counts"]

# %% [markdown]
# No text publishes weights, values or bands; the result says that they are this project's own. An organisation of which
# nothing is known stands at the reference, and a domain without a grade moves nothing.

# %%
found.manifest["notes"], found.manifest["reference"]

# %% [markdown]
# ## Explain one
#
# A hard rule takes its share from everybody else's: shares are exact Shapley values of the whole function, so a good
# grade is worth less to a firm on a serious list. They add up to the score, in whole points.

# %%
table = found.composite.to_pandas()
worst = table.sort_values(["score", "subject_id"])["subject_id"].iloc[0]
one = explain_composite(found, worst, gradings)
assert one.reference + sum(share.contribution for share in one.domains) == one.score
print(render(one, "en", 110))

# %% [markdown]
# ## Other ways to combine
#
# The weakest link lets the worst domain decide. On the same grades: who moves, and whose grade hangs on the weights?

# %%
other = cs.combine(gradings, "weakest_link")
said = compare([found, other], draws=20)
pair = said["pairs"][0]
{name: pair[name] for name in ("spearman", "kendall", "better", "worse", "same_grade")}

# %%
{row["name"]: row["fragile_share"] for row in said["composites"]}

# %%
pd.DataFrame(said["sensitivity"][0]["domains"]).set_index("domain")

# %% [markdown]
# ## Beside later outcomes
#
# A larger made-up population whose later penalties follow three of the domains. Weights fitted to them may not be
# negative; the result is a configuration that says from what it was made.

# %%
rng = np.random.default_rng(5)
rows = 4000
schemes = {
    "tax@2014": ("2019", ["A", "B", "M", "C", "D"], [0.0, 0.3, 0.4, 1.2, 2.4]),
    "environment/national@2013": ("2019", ["green", "blue", "yellow", "red"], [0.0, 0.2, 0.8, 1.6]),
    "labour/national@2016": ("2019", ["A", "B", "C"], [0.0, 0.0, 0.0]),
    "court/judgment_defaulter@2018-06-27": ("2019-12-31", ["clear", "triggered", "listed"], [0.0, 0.2, 1.8]),
}
grades, log_odds = [], np.full(rows, -2.6)
for name, (period, codes, cost) in schemes.items():
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
population = cs.combine(pd.concat(grades), "jilin_edz", acts="unchecked")

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
report.verdict, round(report.numbers["discrimination"]["auc"], 3)

# %%
values = population.contributions.to_pandas().pivot(index="subject_id", columns="domain", values="value")
values["hard_rules"] = population.composite.to_pandas().set_index("subject_id")["hard_rules"]
predicted = model.predict(values)
assert (predicted["score"].to_numpy() == population.composite["score"].to_numpy()).all()
predicted.groupby("risk_class")[["score", "probability"]].mean().round(3)
