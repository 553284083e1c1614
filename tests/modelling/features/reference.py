"""The same data set in plain Python, row by row and event by event: what the engine is compared with."""

from datetime import date, timedelta
from fractions import Fraction

from creditscore.core.days import add_months, to_day

CLOCK = ("occurred_on", "event_on", "decided_on", "booked_on", "published_on")


def day(text):
    return to_day(date.fromisoformat(text)) if text else None


def known_day(row):
    """recorded_on, else the newest legal date; of a filed row its corrected_on only where it is the only date."""
    if row.get("recorded_on"):
        return day(row["recorded_on"])
    legal = [day(row[name]) for name in CLOCK if row.get(name)]
    if row.get("event", "filed") != "filed" and row.get("corrected_on"):
        legal.append(day(row["corrected_on"]))
    if not legal and row.get("corrected_on"):
        return day(row["corrected_on"])
    return max(legal) if legal else None


def fold_record(rows, at):
    """The record as known on a day: its cells, status, day of full correction; None before it was filed."""
    seen = [
        row
        for row in sorted(rows, key=lambda row: int(row.get("event_no") or 1))
        if known_day(row) is None or known_day(row) <= at
    ]
    if not seen or (seen[0].get("event") or "filed") != "filed":
        return None
    cells, held = dict(seen[0]), set()
    shares = []
    for row in seen[1:]:
        event = row["event"]
        if event == "amended":
            cells |= {
                name: value for name, value in row.items() if value and name not in ("event", "event_no", "recorded_on")
            }
        elif event == "reinstated":
            held.clear()
        elif event in ("withdrawn", "repaired"):
            held.add(event)
        elif event == "corrected":
            on = day(row.get("corrected_on")) or day(row.get("event_on")) or known_day(row)
            rest = 1 - sum(share for _, share in shares)
            shares.append((on, Fraction(row["share"]) if row.get("share") else rest))
    if not any(row.get("event") == "corrected" for row in seen) and cells.get("corrected_on"):
        shares = [(day(cells["corrected_on"]), Fraction(1))]
    done = [on for on, _ in shares if on <= at]
    full = sum(share for on, share in shares if on <= at) >= 1
    cells["status"] = "withdrawn" if "withdrawn" in held else "repaired" if "repaired" in held else "active"
    cells["closed"] = max(done) if full else None
    cells["known"] = known_day(seen[0])
    dates = [day(cells[name]) for name in CLOCK if cells.get(name)]
    cells["day"] = dates[0] if dates else cells["known"]
    return cells


def fits(pick, cells, severity):
    return (
        (not pick.get("items") or cells["item"] in pick["items"])
        and (not pick.get("domains") or cells.get("domain") in pick["domains"])
        and (not pick.get("severity") or severity.get(cells["item"]) in pick["severity"])
    )


def covers(feeds, subject, domain, first, last):
    """Whether one scope of feeds alone covers all days from first to last."""
    scopes = {}
    for feed in feeds:
        if feed["domain"] == domain:
            scopes.setdefault((feed.get("subject_id"), feed.get("district")), []).append(feed)
    for (who, district), spans in scopes.items():
        if who in (None, "", subject["subject_id"]) and district in (None, "", subject.get("district")):
            days = {d for span in spans for d in range(day(span["from"]), day(span["to"]) + 1)}
            if all(d in days for d in range(first, last + 1)):
                return True
    return False


def attribute(tables, subject, name, at, known):
    rows = [
        row
        for row in tables.get("attributes", ())
        if row["subject_id"] == subject
        and row["name"] == name
        and (day(row.get("recorded_on")) or known) <= known
        and (day(row.get("valid_from")) or at) <= at
        and (day(row.get("valid_to")) or at) >= at
    ]
    rows.sort(key=lambda row: row["value"])
    rows.sort(
        key=lambda row: (day(row.get("valid_from")) or -(10**6), day(row.get("recorded_on")) or -(10**6)), reverse=True
    )
    return rows[0]["value"] if rows else None


def history(tables, subject, name, at):
    rows = [
        row
        for row in tables.get("history", ())
        if row["subject_id"] == subject
        and row["domain"] == name
        and day(row.get("recorded_on")) is not None
        and day(row["recorded_on"]) <= at
        and to_day(date(int(row["period"]), 12, 31)) <= at
    ]
    rows.sort(key=lambda row: row["grade"])
    rows.sort(
        key=lambda row: (int(row["period"]), day(row["recorded_on"]), row.get("status") != "superseded"), reverse=True
    )
    return rows[0]["grade"] if rows else None


def table(tables, at, *, groups, windows, outcome, gap, horizon, end, severity, points, inspections, repaired):
    """{subject_id: {column: value}} of the subjects that are in on a day, with y and inspected; and who is left out."""
    by_record = {}
    for row in tables["records"]:
        by_record.setdefault(row["record_id"], []).append(row)
    owner = {rid: next(row["subject_id"] for row in rows if row.get("subject_id")) for rid, rows in by_record.items()}
    feeds = tables.get("feeds", [])
    declared = sorted({feed["domain"] for feed in feeds})
    lo, hi = add_months(at, gap), add_months(at, gap + horizon)
    result, left_out = {}, {}
    for subject in tables["subjects"]:
        sid = subject["subject_id"]
        registered = day(subject.get("registered_on"))
        born = -(10**6) if registered is None else registered
        ended = day(attribute(tables, sid, "ended_on", at, at))
        later = day(attribute(tables, sid, "ended_on", hi, end))
        why = None
        if born > at:
            why = "not_yet_registered"
        elif ended is not None and ended <= at:
            why = "ended"
        elif outcome is not None and later is not None and later <= lo:
            why = "no_time_at_risk"
        elif (
            outcome is not None
            and feeds
            and not all(
                covers(feeds, subject, domain, max(lo + 1, born), hi) for domain in outcome.get("domains") or declared
            )
        ):
            why = "outcome_not_fed"
        if why:
            left_out[why] = left_out.get(why, 0) + 1
            continue
        mine = [rows for rid, rows in by_record.items() if owner[rid] == sid]
        now = [cells for rows in mine if (cells := fold_record(rows, at)) and cells["status"] != "withdrawn"]
        then = [cells for rows in mine if (cells := fold_record(rows, end)) and cells["status"] != "withdrawn"]
        row = features(
            now, at, subject, born, groups, windows, severity, points, inspections, repaired, feeds, declared
        )
        seen = [row for row in now if row["day"] is not None and row["day"] <= at and fits(inspections, row, severity)]
        statement = attribute(tables, sid, "inspected", at, at)
        heard = not feeds or any(
            feed.get("subject_id") in (None, "", sid)
            and feed.get("district") in (None, "", subject.get("district"))
            and day(feed["from"]) <= at
            for feed in feeds
        )
        row["inspected"] = True if seen or statement == "true" else False if statement == "false" or heard else None
        if outcome is not None:
            row["y"] = int(
                any(row["day"] is not None and lo < row["day"] <= hi and fits(outcome, row, severity) for row in then)
            )
        row["attribute__size"] = attribute(tables, sid, "size", at, at)
        row["history__tax"] = history(tables, sid, "tax", at)
        result[sid] = row
    return result, left_out


def features(now, at, subject, born, groups, windows, severity, points, inspections, repaired, feeds, declared):
    row = {}
    for group, pick in groups.items():
        chosen = [
            row
            for row in now
            if row["day"] is not None
            and row["day"] <= at
            and fits(pick, row, severity)
            and (repaired == "keep" or row["status"] != "repaired")
        ]
        checks = [
            row for row in now if row["day"] is not None and row["day"] <= at and fits(inspections, row, severity)
        ]
        domains = pick.get("domains") or declared

        def fed(since, extra=(), domains=domains):
            return not feeds or all(
                covers(feeds, subject, domain, max(since + 1, born), at) for domain in (*domains, *extra)
            )

        for months in windows:
            start, before = add_months(at, -months), add_months(at, -2 * months)
            inside = [row for row in chosen if row["day"] > start]
            double = [row for row in chosen if row["day"] > before]
            tests = [check for check in checks if check["day"] > start]
            count = len(inside)
            values = {
                "count": count,
                "amount": float(int(sum(Fraction(value.get("amount") or 0) for value in inside) * 10**6)) / 1e6,
                "quantity": float(int(sum(Fraction(value.get("quantity") or 1) for value in inside) * 10**6)) / 1e6,
                "points": float(sum(int(Fraction(points.get(row["item"], 0)) * 10**6) for row in inside)) / 1e6,
                "rate": count * 30.4375 / max(at - max(start, born - 1), 30),
                "delay": max(
                    ((at if row["closed"] is None else row["closed"]) - row["day"] for row in inside), default=0
                ),
                "open": sum(row["closed"] is None for row in inside),
            }
            for name, value in values.items():
                row[f"{group}__{name}_{months}m"] = value if fed(start) else None
            row[f"{group}__trend_{months}m"] = 2 * count - len(double) if fed(before) and born <= before + 1 else None
            per = count / len(tests) if tests and fed(start, inspections.get("domains") or declared) else None
            row[f"{group}__per_inspection_{months}m"] = per
        last = max((row["day"] for row in chosen), default=None)
        ok = fed(add_months(at, -max(windows)))
        row[f"{group}__recency"] = at - last if last is not None and ok else None
    return row


def iso(number):
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
