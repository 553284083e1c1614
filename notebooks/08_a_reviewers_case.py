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
# # A reviewer's case, from opening to letter
#
# A firm says that a record is not its own. The reviewer sees why the grade is what it is, what it would be without the
# record, asks the office that booked it, decides, lets the consequences follow, and writes the letter. All firms are
# made up.

# %%
from datetime import date

import numpy as np
import pandas as pd

import creditscore as cs
from creditscore import cascade, demo, evidence, objections, records, status
from creditscore.evidence.first_papers import read_first_papers

# %% [markdown]
# ## The grade
#
# Two firms: one filed late four times and once paid late; the other is clean. The records are kept as a snapshot, the
# grades in a folder.

# %%
firm, other = demo.credit_codes(["91220299"] * 2, np.random.default_rng(4))
subjects = pd.DataFrame({"subject_id": [firm, other], "registered_on": "2012-03-01", "region": "220299"})
subjects["has_income"] = subjects["books_compliant"] = True
days = [f"2022-{month:02d}-20" for month in (2, 3, 5, 8)]
rows = [("010101", f"L{k}", day) for k, day in enumerate(days)] + [("020101", "P0", "2022-11-30")]
filings = pd.DataFrame(rows, columns=["item", "record_id", "occurred_on"]).assign(subject_id=firm, tax_type="vat")
filings["booked_on"] = filings["recorded_on"] = filings["occurred_on"]
records.write_snapshot(cs.ingest(subjects, filings), "snapshot")
snapshot = records.read_snapshot("snapshot")
result = cs.grade(snapshot, "tax", 2022)
result.write("grades")
result.grades.to_pandas()[["subject_id", "start", "score", "grade", "margin"]]

# %%
print(cs.explain(cs.read("grades"), firm).text("en", 100))

# %% [markdown]
# ## The case
#
# Who graded keeps the run; somebody else announces it, opens the case and decides. The contested record is marked at
# once, and changes no score until it is decided.

# %%
store = cs.Store("case.store")
(run,) = store.keep("grades", "snapshot", by="li.na")
status.move(store.log, run, "announce", by="zhang.min", on=date(2023, 4, 28))
ground = objections.Ground("not_my_record", "P0", "another firm's tax")
case = objections.open_case(
    store.log, run, snapshot, firm, [ground], by="zhang.min", on=date(2023, 5, 8), procedure="reevaluation"
)
print(case.case_id, "opened", case.opened_on, "to be decided by", case.decide_by)

# %% [markdown]
# The merits: the grade with the record and without it, as known then and as known now.

# %%
data = evidence.compile_case_file(read_first_papers(store.database, case), snapshot, on=date(2023, 5, 9))
pd.DataFrame(data["merits"])[["record_id", "then_with", "then_without", "now_with", "now_without", "decisive"]]

# %% [markdown]
# The office that booked it is asked, and answers.

# %%
asked_on, due, answered_on = date(2023, 5, 9), date(2023, 5, 16), date(2023, 5, 12)
question = {"department": "tax hall", "text": "whose tax was it?", "due": due}
objections.ask(store.log, case.case_id, **question, by="zhang.min", on=asked_on)
case = objections.answer(
    store.log, case.case_id, 1, text="of another firm with a similar code", by="zhang.min", on=answered_on
)

# %% [markdown]
# ## The decision
#
# Nobody decides on a grade that he or she made. A decision is weighed first: the record is withdrawn, and everything
# that rested on it follows.

# %%
ruling = objections.Ruling({"P0": "withdraw"}, "the tax was another firm's", ("R2014B 020101",))
bench = cascade.bench(store.database)
try:
    objections.weigh(store.log, bench, case.case_id, ruling, by="li.na", on=date(2023, 5, 15))
except cs.NotAllowed as refusal:
    print(refusal)
weighed = objections.weigh(store.log, bench, case.case_id, ruling, by="zhang.min", on=date(2023, 5, 15))
print(weighed.cascade.text("en"))

# %% [markdown]
# Nothing was written yet. The decision, the new grade and what follows from it are written together, or not at all.

# %%
case = objections.decide(store.log, bench, weighed)
print(case.decision.before["grade"], "→", case.decision.after["grade"], case.decision.after["score"])

# %% [markdown]
# ## The letter and the packet
#
# The letter says what was asked, what was decided and why, and what can still be done. The packet holds everything the
# grade rests on, and can be computed again by anybody.

# %%
data = evidence.compile_case_file(read_first_papers(store.database, case), snapshot, on=date(2023, 5, 16))
print(evidence.compose_letter(data, "en", document_no="2023-12", on="2023-05-16", office="Credit office"))

# %%
packet = evidence.build_case_packet(read_first_papers(store.database, case), snapshot, on=date(2023, 5, 16))
evidence.write_packet(packet, "packet")
assert not evidence.verify_packet("packet")
print(packet["digest"])

# %% [markdown]
# Every act stands in the log, each with the hash of the one before.

# %%
store.verify().require()
acts = pd.DataFrame([(entry.seq, entry.actor, entry.action) for entry in store.acts()], columns=["seq", "who", "what"])
store.close()
acts
