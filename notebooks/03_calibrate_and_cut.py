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
# # Calibrate a model and cut grades
#
# Boosted trees rank made-up firms; their scores become probabilities that hold, and the probabilities become grades
# by a search that is exact.

# %%
# %matplotlib inline
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import creditscore as cs
from creditscore.modelling import (
    Calibrator,
    CutRules,
    MasterScale,
    MonotoneBoosting,
    calibration_error,
    compare_cuts,
)

cs.set_language("en")

# %%
rng = np.random.default_rng(7)
rows = 9000
X = pd.DataFrame({"late": rng.poisson(1.2, rows), "debt": rng.beta(2, 3, rows), "size": rng.lognormal(3, 1, rows)})
log_odds = -4.2 + 0.7 * X["late"] + 3 * X["debt"] ** 2 - 0.2 * np.log(X["size"])
y = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
fit, held, new = np.arange(rows) < 3000, (np.arange(rows) >= 3000) & (np.arange(rows) < 6000), np.arange(rows) >= 6000

# %% [markdown]
# More late declarations never lower the risk, nor does more debt: that is asked for, and held exactly. Many leaves
# and few firms make the trees too bold, as boosting often is.

# %%
model = MonotoneBoosting({"late": "up", "debt": "up"}, max_iter=150, max_leaf_nodes=20, min_samples_leaf=5)
model.fit(X[fit], y[fit])
raw = model.decision_function(X)

# %% [markdown]
# ## Calibrate on firms that the trees have not seen

# %%
curves = {name: Calibrator(name).fit(raw[held], y[held]) for name in ("platt", "beta", "isotonic")}
probabilities = {"raw": 1 / (1 + np.exp(-raw[new]))} | {name: curve.predict(raw[new]) for name, curve in curves.items()}
errors = {name: float(calibration_error(y[new], p)["ece"]) for name, p in probabilities.items()}
pd.Series(errors, name="expected calibration error").round(4)

# %% [markdown]
# Ten parts of the firms, what was predicted for each and what happened: first as the trees say it, then calibrated.

# %%
cs.validate(probabilities["raw"], y=y[new], bootstraps=0).plot("calibration")

# %%
cs.validate(probabilities["platt"], y=y[new], bootstraps=0).plot("calibration")

# %%
assert errors["platt"] < errors["raw"]

# %% [markdown]
# ## Cut grades
#
# Of all sets of cut-offs that keep the rules, the best one: rates rise from grade to grade, neighbours differ beyond
# chance, no grade has less than 8 % or more than half of the firms.

# %%
rules = CutRules(min_share=0.08, max_share=0.5, distinct=0.05)
p_held = curves["platt"].predict(raw[held])
scale = MasterScale(["A", "B", "M", "C"], rules=rules).fit(p_held, y[held])
scale.table_[["grade", "p_from", "p_to", "count", "events", "rate", "low", "high", "mean_p"]].round(4)

# %%
compare_cuts(p_held, y[held], {"found": scale.cuts_, "by hand": (0.02, 0.05, 0.1)}, rules).round(4)


# %%
def rates() -> Figure:
    """Rate per grade with its interval, on new firms, beside the mean prediction."""
    p = probabilities["platt"]
    table = MasterScale.from_cuts(scale.cuts_, scale.grades).fit(p, y[new]).table_
    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    error = np.abs(table[["low", "high"]].to_numpy().T - table["rate"].to_numpy())
    axes.errorbar(table["grade"], table["rate"], yerr=error, fmt="o", capsize=4, label="observed, 95 %")
    axes.plot(table["grade"], table["mean_p"], "x", label="predicted")
    axes.set_ylabel("rate of the event")
    axes.legend(frameon=False)
    return figure


rates()

# %% [markdown]
# A probability and its interval, and the grade; no grade's rate is ever zero.

# %%
low, high = curves["platt"].interval(raw[new][:5])
pd.DataFrame(
    {"p": probabilities["platt"][:5], "low": low, "high": high, "grade": scale.labels(probabilities["platt"][:5])}
).round(4)
