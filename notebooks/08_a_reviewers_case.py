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
from creditscore import demo, evidence, records

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
# once, and changes no score until it is decided. Every act is signed, and refused where the rules do not allow it.

# %%
store = cs.Store("case.db", snapshots=[snapshot])
store.grant("zhang.min", "reviewer", "approver", by="zhang.min")
store.grant("li.na", "grader", "reviewer", by="zhang.min")
(run,) = store.keep("grades", "snapshot", by="li.na")
store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
store.act("status", "announce", "status/tax.2022", by="zhang.min", on="2023-04-28", run=run.run_id)
ground = {"ground": "not_my_record", "record_id": "P0", "statement": "another firm's tax"}
contested = {"subject": firm, "run": run.run_id, "grounds": [ground], "procedure": "reevaluation"}
case = store.act("objection", "open", by="zhang.min", on="2023-05-08", **contested).name
print(case, "to be decided by", store.read(case).fields["decide_by"])

# %% [markdown]
# The merits: the grade with the record and without it, as known then and as known now.

# %%
data = evidence.compile_case_file(evidence.read_papers(store, case), snapshot, on=date(2023, 5, 9))
pd.DataFrame(data["merits"])[["record_id", "then_with", "then_without", "now_with", "now_without", "decisive"]]

# %% [markdown]
# The office that booked it is asked, and answers.

# %%
question = {"department": "tax hall", "text": "whose tax was it?", "due": "2023-05-16"}
store.act("objection", "ask", case, by="zhang.min", on="2023-05-09", **question)
answer = {"question": 1, "text": "of another firm with a similar code"}
store.act("objection", "answer", case, by="zhang.min", on="2023-05-12", **answer).state

# %% [markdown]
# ## The decision
#
# Nobody decides on a grade that he or she made. A decision is shown before it is taken: the record is withdrawn, and
# everything that rested on it follows.

# %%
ruling = {"findings": {"P0": "withdraw"}, "reason": "the tax was another firm's", "articles": ["R2014B 020101"]}
try:
    store.preview("objection", "decide", case, by="li.na", on="2023-05-15", **ruling)
except cs.NotAllowed as refusal:
    print(refusal)
plan = store.preview("objection", "decide", case, by="zhang.min", on="2023-05-15", **ruling)
pd.DataFrame([(event.stream, event.kind) for event in plan.events], columns=["stream", "event"])

# %% [markdown]
# Nothing was written yet. The decision, the new grade and what follows from it are written together, or not at all; the
# confirmation is bound to what was shown.

# %%
store.confirm(plan, plan.digest)
papers = evidence.read_papers(store, case)
print(
    papers.case.decision.before["grade"], "→", papers.case.decision.after["grade"], papers.case.decision.after["score"]
)

# %% [markdown]
# ## The letter and the packet
#
# The letter says what was asked, what was decided and why, and what can still be done. The packet holds everything the
# grade rests on, and can be computed again by anybody.

# %%
data = evidence.compile_case_file(papers, snapshot, on=date(2023, 5, 16))
letter = evidence.compose_letter(data, "en", document_no="2023-12", on="2023-05-16", office="Credit office")
print(evidence.letter_text(letter))

# %%
packet = evidence.build_case_packet(papers, snapshot, on=date(2023, 5, 16))
evidence.write_packet(packet, "packet")
assert not evidence.verify_packet("packet")
print(packet["digest"])

# %% [markdown]
# Every act stands in the log: each event holds the hash of the one before, each act a signature. In mode `open` names
# are taken at their word.

# %%
people = store.people()
acts = [
    (event.seq, people.name_of(event.actor), event.kind, event.stream)
    for event in store.events()
    if event.seq == event.act
]
store.close()
pd.DataFrame(acts, columns=["seq", "who", "what", "on"])
