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
# # Plan inspections, draw them, and let anybody verify the draw
#
# Two departments plan a year of inspections in a made-up district. They commit to everything before a public value
# is known, draw with that value, and somebody else runs the draw again. A class says how often somebody looks; it
# decides nothing about anybody.

# %%
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import creditscore as cs
from creditscore import inspection
from creditscore.demo import credit_codes
from creditscore.modelling import arm_of_results, evaluate_random_arm
from creditscore.office import Store

# %% [markdown]
# ## The district
#
# 600 firms with a composite grade and a labour grade. `hidden` is what nobody knows: whether a visit would find
# something. `predicted` is what some model says of it.

# %%
rng = np.random.default_rng(7)
firms = pd.DataFrame({"subject_id": credit_codes(["91220199"] * 600, rng)})
firms["district"] = rng.choice(["东区", "西区"], 600)
firms["industry"] = rng.choice(["食品", "机械", "软件"], 600)
risk = rng.normal(size=600)
firms["predicted"] = 1 / (1 + np.exp(1.2 - risk))
firms["hidden"] = (rng.random(600) < 1 / (1 + np.exp(2 - risk))).astype(int)
grades = np.array(["AAA", "A", "BBB", "CCC", "D"])[np.digitize(risk, [-1, 0, 1, 2])]
composite = firms[["subject_id"]].assign(grade=grades)
labour = firms[["subject_id"]].assign(**{"class": rng.choice(["A", "B", "C"], 600, p=[0.7, 0.25, 0.05])})
certificates = ["joint;labour", "joint", "labour"] * 6
inspectors = pd.DataFrame({"inspector_id": [f"K{i:02d}" for i in range(18)], "certificates": certificates, "days": 25})

# %% [markdown]
# ## The plan
#
# Every number that nobody published is `project_default`, and the plan says which. What if the rates were lower, or
# the worst grade were visited four times?

# %%
given = [("composite", composite), ("labour_national", labour)]
changes = [["scale=0.6"], ["composite.serious=4"]]
plan = cs.plan_inspections(given, 2020, subjects=firms.iloc[:, :3], inspectors=inspectors, what_if=changes)
plan.write("plan")
pd.DataFrame(inspection.visit_rows(plan)).iloc[:, :7]

# %%
pd.DataFrame(inspection.capacity_rows(plan))

# %%
pd.DataFrame(plan.what_if)

# %% [markdown]
# ## Commit, then draw
#
# The hash stands before the value is known; with the value anybody gets the same firms. Past days: a marked replay.

# %%
lottery = inspection.Randomness(
    "lottery 2020003", date(2020, 1, 8), "six numbers by size, then one", "[0-9]{14}", 17_721_088
)
store = Store("credit.db")
staff = {"by": "chen.jie", "inspectors": inspectors, "replayed": True}
committed = inspection.commit(store, "plan", "draw", lottery, date(2020, 1, 4), **staff)
outcome = inspection.draw_visits(store, "draw", "01 05 12 20 28 33 07", date(2020, 1, 9), by="li.na")
print(committed.hash, len(outcome.visits))
visits = pd.read_csv("draw/visits.csv")
visits.head()

# %% [markdown]
# ## Somebody else runs it again
#
# Once with this package, once with the forty lines in the folder, which need nothing but Python. A changed line is
# found and named.

# %%
assert inspection.verify_draw_in(store, "draw").ok
again = subprocess.run([sys.executable, "draw/verify_draw.py", "draw"], capture_output=True, text=True, check=True)
print(again.stdout)
units = Path("draw/units.csv").read_text(encoding="utf-8")
Path("draw/units.csv").write_text(units.replace(",1,", ",2,", 1), encoding="utf-8")
print(inspection.verify_draw("draw").first)
Path("draw/units.csv").write_text(units, encoding="utf-8")

# %% [markdown]
# Over many made-up values every firm is drawn as often as its probability says.

# %%
simulated = inspection.simulate_draws(*inspection.strata_of("draw"), draws=300)
print(simulated.worst_count, "of", simulated.worst_expected, "allowed", simulated.bound, "holds:", simulated.holds)

# %% [markdown]
# ## What the visits found, and what that says of everybody

# %%
hidden = firms.set_index("subject_id").hidden
results = visits.assign(result=visits.subject_id.map(hidden), department=visits.departments)
results = results.assign(department=results.department.str.split(";")).explode("department")
days = {"planned_on": results["from"], "inspected_on": results.to, "recorded_on": results.to}
results = results.assign(inspection_id=results.visit_id + results.department, draw_id=committed.draw_id, **days)
results = results.assign(arm="random", violations=results.result, result=results.result.map({0: "clean", 1: "breach"}))
inspection.import_results(store, results, "results", by="li.na").counts

# %%
arm = arm_of_results(pd.read_csv("results/results.csv", dtype=str))
arm = arm[arm.department == "joint"].merge(firms, on="subject_id")
corrected = evaluate_random_arm(arm.y, arm.predicted, arm.probability, strata=arm.stratum).rate
print(f"all firms {firms.hidden.mean():.3f}; visited {arm.y.mean():.3f}; corrected {corrected.value:.3f}", end=" ")
print(f"({corrected.low:.3f} to {corrected.high:.3f})")

# %% [markdown]
# One draw may be unlucky; an interval is right about 95 times in 100. Here the truth is known, so it can be counted.

# %%
frame = pd.read_csv("draw/frame.csv", dtype=str).merge(firms[["subject_id", "predicted", "hidden"]], on="subject_id")
frame, (strata, planned) = frame.set_index("unit"), inspection.strata_of("draw")
values, held = [], 0
for number in range(200):
    key = inspection.draw_key(committed.hash, f"{number:014d}")
    drawn = [visit.unit for visit in inspection.draw_units(key, strata, planned) if visit.visits]
    rows = frame.loc[[unit for unit in drawn if unit.startswith("composite|")]]
    rate = evaluate_random_arm(rows.hidden, rows.predicted, rows.probability, strata=rows.stratum).rate
    values.append(rate.value)
    held += rate.low <= firms.hidden.mean() <= rate.high
print(f"mean of 200 draws {np.mean(values):.3f}, interval right in {held}")
assert abs(np.mean(values) - firms.hidden.mean()) < 0.01
