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
# # Train a scorecard
#
# Made-up firms: how often a declaration was late, the debt ratio (sometimes unknown), the sector. The outcome is a
# breach in the year after. The card is a table of whole points; it stands beside the rules and never sets a
# statutory grade.

# %%
# %matplotlib inline
import numpy as np
import pandas as pd

import creditscore as cs
from creditscore.modelling import TrainConfig, beeswarm, describe_model, train, validate_model

cs.set_language("en")

# %%
rng = np.random.default_rng(20180101)
rows = 4000
firms = pd.DataFrame(
    {
        "late": rng.poisson(1.5, rows),
        "debt": rng.beta(3, 3, rows).round(3),
        "sector": rng.choice(["trade", "construction", "food"], rows, p=[0.5, 0.3, 0.2]),
        "years": rng.integers(0, 25, rows),
    }
)
log_odds = -4 + 0.6 * firms["late"] + 2.5 * firms["debt"] + 0.5 * (firms["sector"] == "construction")
firms["breach"] = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
firms.loc[rng.random(rows) < 0.08, "debt"] = np.nan
firms.head()

# %% [markdown]
# ## Fit
#
# A quarter of the rows is kept for the test, chosen by what a row holds and not by where it stands: the same firms
# in any order give the same model, to the last bit. Direction is asked for where the law has one.

# %%
config = TrainConfig.of(
    {
        "target": "breach",
        "name": "breach-next-year",
        "columns": {
            "late": {"en": "Late declarations", "zh": "逾期申报次数"},
            "debt": {"en": "Debt ratio", "zh": "资产负债率"},
            "sector": {"en": "Sector", "zh": "行业"},
            "years": {"en": "Years in business", "zh": "经营年限"},
        },
        "parameters": {"trend": {"late": "increasing", "debt": "increasing"}},
        "about": {"purpose": "Show how a card is made", "outcome_definition": "A breach in the year after"},
    }
)
model = train(firms, config)
pd.Series(describe_model(model))

# %% [markdown]
# ## One table is the model
#
# Every row is a bin; a firm's score is the sum of one row per variable and the base. Nothing else is used to score.

# %%
model.estimator.card_

# %%
model.estimator.card_.plot()

# %% [markdown]
# ## Validate on the rows it has not seen

# %%
report, model = validate_model(model, firms, bootstraps=50)
report

# %%
report.plot("ks")

# %% [markdown]
# ## Score
#
# Probability with the interval of its curve, points, grade, and the reasons that cost most against the average firm.

# %%
asked = firms.iloc[:200]
model.predict(asked, reasons=2, lang="zh").head()

# %%
beeswarm(model.explain(asked), labels={name: model.label(name, "zh") for name in model.columns}, lang="zh")

# %% [markdown]
# Read off by hand, the table gives what the model gives.

# %%
parts = model.estimator.contributions(model.inputs(asked))
base = model.estimator.card_.base
assert (parts.sum(axis=1) + base == model.predict(asked)["score"]).all()
