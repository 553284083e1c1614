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
from creditscore.cascade.preview import bench
from creditscore.cascade.text import blocks
from creditscore.core.errors import NotAllowed
from creditscore.demo.codes import credit_codes
from creditscore.evidence.case_file import dossier
from creditscore.evidence.letter import letter
from creditscore.evidence.packet.files import verify_packet, write_packet
from creditscore.evidence.packet.of_case import added_by_case, run_of_case
from creditscore.evidence.packet.results import build
from creditscore.explanation.ledger import explain
from creditscore.explanation.text import render
from creditscore.objections.actions import answer, ask, open_case
from creditscore.objections.case import Ground
from creditscore.objections.decision import decide, weigh
from creditscore.objections.ruling import Ruling
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.status.transitions import move
from creditscore.store import Database, Log
from creditscore.store.archive.runs import keep

# %% [markdown]
# ## The grade
#
# Two firms: one filed late four times and once paid late; the other is clean. The records are kept as a snapshot, the
# grades in a folder.

# %%
firm, other = credit_codes(["91220299"] * 2, np.random.default_rng(4))
subjects = pd.DataFrame({"subject_id": [firm, other], "registered_on": "2012-03-01", "region": "220299"})
subjects["has_income"] = subjects["books_compliant"] = True
days = [f"2022-{month:02d}-20" for month in (2, 3, 5, 8)]
rows = [("010101", f"L{k}", day) for k, day in enumerate(days)] + [("020101", "P0", "2022-11-30")]
records = pd.DataFrame(rows, columns=["item", "record_id", "occurred_on"]).assign(subject_id=firm, tax_type="vat")
records["booked_on"] = records["recorded_on"] = records["occurred_on"]
write_snapshot(ingest(subjects, records), "snapshot")
result = cs.grade(read_snapshot("snapshot"), "tax", 2022)
result.write("grades")
result.grades.to_pandas()[["subject_id", "start", "score", "grade", "margin"]]

# %%
print(render(explain("grades", firm), "en", 100))

# %% [markdown]
# ## The case
#
# Who graded keeps the run; somebody else announces it, opens the case and decides. The contested record is marked at
# once, and changes no score until it is decided.

# %%
store = Database("case.store")
log, source = Log(store), read_snapshot("snapshot")
run = keep(store, log, "grades", "snapshot", by="li.na")[0]
move(log, run, "announce", by="zhang.min", on=date(2023, 4, 28))
ground = Ground("not_my_record", "P0", "another firm's tax")
case = open_case(log, run, source, firm, [ground], by="zhang.min", on=date(2023, 5, 8), procedure="reevaluation")
print(case.case_id, "opened", case.opened_on, "to be decided by", case.decide_by)

# %% [markdown]
# The merits: the grade with the record and without it, as known then and as known now.

# %%
data = dossier(store, case, source, on=date(2023, 5, 9))
pd.DataFrame(data["merits"])[["record_id", "then_with", "then_without", "now_with", "now_without", "decisive"]]

# %% [markdown]
# The office that booked it is asked, and answers.

# %%
ask(log, case.case_id, department="tax hall", text="whose tax was it?", by="zhang.min", on=date(2023, 5, 9),
    due=date(2023, 5, 16))  # fmt: skip
answer(log, case.case_id, 1, text="of another firm with a similar code", by="zhang.min", on=date(2023, 5, 12))

# %% [markdown]
# ## The decision
#
# Nobody decides on a grade that he or she made. A decision is weighed first: the record is withdrawn, and everything
# that rested on it follows.

# %%
ruling = Ruling({"P0": "withdraw"}, "the tax was another firm's", ("R2014B 020101",))
desk = bench(store)
try:
    weigh(log, desk, case.case_id, ruling, by="li.na", on=date(2023, 5, 15))
except NotAllowed as refused:
    print(refused)
weighed = weigh(log, desk, case.case_id, ruling, by="zhang.min", on=date(2023, 5, 15))
for head, under in blocks(weighed.cascade, "en"):
    print(head, *under, sep="\n    ")

# %% [markdown]
# Nothing was written yet. The decision, the new grade and what follows from it are written together, or not at all.

# %%
case = decide(log, desk, weighed)
print(case.decision.before["grade"], "→", case.decision.after["grade"], case.decision.after["score"])

# %% [markdown]
# ## The letter and the packet
#
# The letter says what was asked, what was decided and why, and what can still be done. The packet holds everything the
# grade rests on, and can be computed again by anybody.

# %%
data = dossier(store, case, source, on=date(2023, 5, 16))
print(letter(data, "en", document_no="2023-12", on="2023-05-16", office="Credit office"))

# %%
packet = build(run_of_case(store, case, source), source, added=added_by_case(store, case, source, date(2023, 5, 16)))
write_packet(packet, "packet")
assert not verify_packet("packet")
print(packet["digest"])

# %% [markdown]
# Every act stands in the log, each with the hash of the one before.

# %%
log.verify().require()
acts = pd.DataFrame([(one.seq, one.actor, one.action) for one in log.entries() if one.phase != "done"])
store.close()
acts.set_axis(["seq", "who", "what"], axis=1)
