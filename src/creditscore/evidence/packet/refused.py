"""Refused rows of a packet: they go in beside the subject's own rows, so that its grade can be judged again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from creditscore.core.identity import redact
from creditscore.records import Snapshot

# the columns of the quarantine of a snapshot, in their order
FAULT = ("table", "line", "subject_id", "record_id", "event_no", "item", "reason", "column", "value", "message")


def refused_inputs(small: Snapshot, subject_id: str) -> dict[str, list[dict[str, str]]]:
    """The refused rows that name the subject or nobody, their faults, and those of them that a person accepted.

    `own` is empty for rows that name nobody. Numbers of persons are hidden; parts without a row are left out.
    """
    cursor = small.con.execute(
        "SELECT \"table\", line, CASE WHEN sid IS NULL THEN '' ELSE 'yes' END AS own, cells, faults"
        f" FROM {small.refused} ORDER BY ALL"
    )
    rows = [_texts(cursor, row) for row in cursor.fetchall()]
    for row in rows:
        cells = {name: redact(str(cell)) for name, cell in json.loads(row["cells"]).items()}
        row["cells"] = json.dumps(cells, ensure_ascii=False, sort_keys=True)
    rows.sort(key=lambda row: (row["table"], row["cells"], row["faults"]))
    cursor = small.con.execute(f"SELECT * FROM {small.quarantine} ORDER BY ALL")
    faults = [_texts(cursor, row) for row in cursor.fetchall()]
    lines: dict[tuple[str, str], str] = {}  # numbers of their own, the same in any order of the input's rows
    for row in (*rows, *faults):
        row["line"] = lines.setdefault((row["table"], row["line"]), str(-1 - len(lines)))
    faults.sort(key=lambda row: sorted(row.items()))
    records = {row["record_id"] for row in faults if "record_id" in row}
    records |= {record for (record,) in small.con.execute(f"SELECT DISTINCT record_id FROM {small.log}").fetchall()}
    accepted = [
        dict(row)
        for row in small.accepted
        if row.get("subject_id", subject_id) == subject_id and ("record_id" not in row or row["record_id"] in records)
    ]
    parts = {"refused_rows": rows, "refused_faults": faults, "accepted": accepted}
    return {name: listed for name, listed in parts.items() if listed}


def put_refused(small: Snapshot, given: Mapping[str, list[Any]], about: Mapping[str, str]) -> Snapshot:
    """The snapshot of a packet's rows with the refused rows that the packet holds."""
    ((sid,),) = small.con.execute(f"SELECT sid FROM {small.subjects}").fetchall()
    for row in given.get("refused_rows", []):
        values = [row["table"], int(row["line"]), sid if row.get("own") else None, row["cells"], row["faults"]]
        small.con.execute(f"INSERT INTO {small.refused} VALUES (?, ?, ?, ?, ?)", values)
    for row in given.get("refused_faults", []):
        values = [row.get(name) for name in FAULT]
        small.con.execute(f"INSERT INTO {small.quarantine} VALUES ({', '.join('?' * len(FAULT))})", values)
    return replace(
        small,
        accepted=tuple(dict(row) for row in given.get("accepted", [])),
        judges_refused=about.get("judges_refused", "true") == "true",
        stated_unknown=tuple(
            (row["reason"], row["value"], row["message"])
            for row in given.get("refused", [])
            if row["reason"] in ("unknown_domain", "unknown_list") and "value" in row
        ),
        stated_marks=tuple(code for code in about.get("input_marks", "").split(";") if code),
    )


def _texts(cursor: Any, row: tuple[Any, ...]) -> dict[str, str]:
    names = [column[0] for column in cursor.description]
    return {name: redact(str(cell)) for name, cell in zip(names, row, strict=True) if cell is not None}
