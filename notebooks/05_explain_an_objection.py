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
# # Explain an objection
#
# A firm objects. What counts is its statutory grade, and that is explained by its ledger. The model has an opinion
# too; it goes into the packet as a part of its own, with its background, its doubts, and the words that it is
# advisory.

# %%
# %matplotlib inline
import json

import numpy as np
import pandas as pd

import creditscore as cs
from creditscore.modelling import ModelPart, TrainConfig, dependence, model_part, train, waterfall

cs.set_language("en")

# %% [markdown]
# ## The grade and its ledger

# %%
FIRM = "91500000MAAAAAA34X"
subjects = pd.DataFrame([(FIRM, "enterprise", "2011-09-15", True, True)])
subjects.columns = ["subject_id", "kind", "registered_on", "has_income", "books_compliant"]
days = [f"2022-{month:02d}-20" for month in range(3, 10)]
records = pd.DataFrame({"record_id": [f"r{k}" for k in range(len(days))], "event_on": days, "occurred_on": days})
records = records.assign(subject_id=FIRM, item="010101", tax_type="vat")
result = cs.grade(records, "tax", 2022, subjects=subjects)
explained_grade = result.explain(FIRM)
explained_grade

# %%
explained_grade.plot()

# %% [markdown]
# ## What a model says of the same firm

# %%
rng = np.random.default_rng(11)
rows = 3000
firms = pd.DataFrame(
    {
        "late": rng.poisson(1.5, rows),
        "debt": rng.beta(3, 3, rows).round(2),
        "years": rng.integers(0, 25, rows),
        "sector": rng.choice(["贸易", "建筑", "食品"], rows),
    }
)
log_odds = -3.5 + 0.6 * firms["late"] + 2 * firms["debt"] - 0.04 * firms["years"]
firms["breach"] = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
LABELS = {"late": "逾期申报次数", "debt": "资产负债率", "years": "经营年限", "sector": "行业"}
config = TrainConfig.of(
    {
        "target": "breach",
        "name": "breach-next-year",
        "estimator": "boosting",
        "columns": {name: {"zh": word, "en": name} for name, word in LABELS.items()},
        "parameters": {"monotone": {"late": "up", "debt": "up"}, "max_iter": 60, "max_leaf_nodes": 8},
        "background": 200,
    }
)
model = train(firms, config)
firm = pd.DataFrame({"late": [7], "debt": [0.55], "years": [11], "sector": ["贸易"]})
model.predict(firm, lang="zh").T

# %% [markdown]
# ## The model part
#
# Shares are exact Shapley values against 200 declared firms, in points: the base and the shares are the score. A
# reason that leaves the first places when the background is drawn again is called unstable.

# %%
part = model_part(model, firm, FIRM, draws=30)
print("\n".join(part.lines("zh")))

# %%
explained = model.explain(firm)
waterfall(explained, labels=LABELS, lang="zh")

# %%
dependence(model.explain(firms.iloc[:400]), "late", labels=LABELS, lang="zh")

# %% [markdown]
# ## Into the packet
#
# The part is plain JSON. It names the model by its hash, and the background by its own.

# %%
packed = json.dumps(part.to_dict(), ensure_ascii=False)
assert ModelPart.from_dict(json.loads(packed)) == part
assert abs(part.base + sum(share.points for share in part.shares) - part.points) < 1e-9
{name: part.background[name] for name in ("algorithm", "rows", "sha256", "seed")}

# %% [markdown]
# ## What would have to be otherwise
#
# The firm asks what fewer late declarations would mean. For the grade the rules say it exactly: which records decide.

# %%
cs.decisive(result, FIRM)

# %% [markdown]
# What the model would say of fewer is an opinion, and no way to another grade.

# %%
fewer = pd.concat([firm.assign(late=late) for late in (7, 4, 2, 0)], ignore_index=True)
asked = model.predict(fewer, reasons=0)[["probability", "score", "grade"]].assign(late=fewer["late"])
assert asked["probability"].is_monotonic_decreasing
assert asked["score"].nunique() > 1
asked
