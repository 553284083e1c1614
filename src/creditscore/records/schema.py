"""What the input tables look like: columns, codes, and the reasons for which a row is refused."""

from __future__ import annotations

from creditscore.core.tables.table import Table

KINDS = (
    "enterprise",
    "individual_business",
    "institution",
    "social_organisation",
    "government_body",
    "cooperative",
    "other_organisation",
)
PERSONS = ("natural_person", "natural person", "person", "individual", "自然人", "个人", "居民")
KIND_OF_PREFIX = {
    "11": "government_body",
    "12": "institution",
    "13": "government_body",
    "51": "social_organisation",
    "52": "social_organisation",
    "53": "social_organisation",
    "91": "enterprise",
    "92": "individual_business",
    "93": "cooperative",
}
EVENTS = (
    "filed",
    "amended",
    "corrected",
    "repaired",
    "withdrawn",
    "reinstated",
    "disputed",
    "dispute_resolved",
)
# Codes of the history, the output of an earlier grading.
HISTORY_CODES = {
    "state": ("graded", "not_graded", "not_computable"),
    "route": ("score", "direct", "linked", "retained", "special", "repaired", "adjusted", "imported"),
    "status": ("provisional", "announced", "final", "superseded"),
}
FILED, AMENDED, CORRECTED, REPAIRED, WITHDRAWN, REINSTATED, DISPUTED, RESOLVED = range(8)

ONE = 1_000_000  # points, quantities, amounts and shares count in millionths


TABLES = {
    table.name: table
    for table in (
        Table(
            "subjects",
            ("subject_id",),
            ("name", "kind", "registered_on", "region", "district", "industry", "size", "ownership"),
            further=True,
        ),
        Table("attributes", ("subject_id", "name", "value"), ("valid_from", "valid_to", "recorded_on")),
        Table(
            "records",
            ("record_id", "subject_id", "item"),
            (
                "event_no",
                "event",
                "domain",
                "event_on",
                "recorded_on",
                "occurred_on",
                "decided_on",
                "booked_on",
                "published_on",
                "corrected_on",
                "quantity",
                "amount",
                "share",
                "act_id",
                "source_subject_id",
                "source",
                "document_no",
                "basis",
            ),
            further=True,
        ),
        Table(
            "listings",
            ("listing_id", "subject_id", "list", "entered_on"),
            ("term_end", "exited_on", "exit_reason", "basis", "recorded_on"),
            key="listing_id",
        ),
        Table(
            "history",
            ("subject_id", "period", "grade"),
            ("domain", "scheme", "state", "route", "status", "decided_on", "recorded_on"),
        ),
        Table(
            "feeds",
            ("domain", "from", "to", "source"),
            ("district", "region", "subject_id", "table", "rows", "sha256"),
        ),
    )
}

# Columns of the ingested log and what stands there when the input has no such column.
LOG_COLUMNS = {
    "rk": ("BIGINT", ""),
    "sid": ("INTEGER", ""),
    "record_id": ("VARCHAR", ""),
    "event_no": ("INTEGER", "1"),
    "event": ("UTINYINT", "0"),
    "single": ("BOOLEAN", "true"),
    "domain": ("SMALLINT", "NULL"),
    "item": ("SMALLINT", ""),
    "known_day": ("INTEGER", "NULL"),
    "event_day": ("INTEGER", "NULL"),
    "occurred_day": ("INTEGER", "NULL"),
    "decided_day": ("INTEGER", "NULL"),
    "booked_day": ("INTEGER", "NULL"),
    "published_day": ("INTEGER", "NULL"),
    "corrected_day": ("INTEGER", "NULL"),
    "quantity": ("BIGINT", str(ONE)),
    "amount": ("BIGINT", "NULL"),
    "share": ("INTEGER", "NULL"),
    "act_id": ("VARCHAR", "NULL"),
    "source_subject_id": ("VARCHAR", "NULL"),
    "source": ("VARCHAR", "NULL"),
    "document_no": ("VARCHAR", "NULL"),
    "basis": ("VARCHAR", "NULL"),
}
ATTRIBUTE_PREFIX = "a_"
# The first of these that a record has orders a subject's records, in files and in the content hash.
FIRST_OF_DAYS = ("occurred_day", "event_day", "decided_day", "booked_day", "published_day")

QUARANTINE = (
    '"table" VARCHAR, line BIGINT, subject_id VARCHAR, record_id VARCHAR, event_no INTEGER, item VARCHAR, '
    'reason VARCHAR, "column" VARCHAR, value VARCHAR, message VARCHAR'
)

ENDS_EARLY = "it ends before it begins"  # what the message of a `bad_date` adds
BEGINS_OF = {"valid_to": "valid_from", "term_end": "entered_on", "exited_on": "entered_on"}  # column of an end

REASONS = {
    "natural_person": "a resident identity number or a natural person; only organisations are graded",
    "mangled_id": "a spreadsheet turned this id into a number; export the column as text",
    "bad_uscc": "not a valid unified social credit code (GB 32100-2015)",
    "empty_id": "the key is empty",
    "duplicate_subject": "the subject is listed more than once with different content",
    "unknown_subject": "not among the accepted rows of subjects",
    "unknown_kind": "kind is none of " + ", ".join(KINDS),
    "bad_date": "not a date between 1900-01-01 and 2100-12-31 (YYYY-MM-DD)",
    "after_intake": "dated after the day of intake; correct the date",
    "occurred_after_recorded": "recorded before it happened",
    "corrected_before_occurred": "corrected before it happened",
    "bad_share": "a share outside 0 to 1 or with more than 6 decimals",
    "bad_number": "not a plain number from 0 to below 9,000,000,000,000 with at most 6 decimals",
    "unknown_event": "event is none of " + ", ".join(EVENTS),
    "bad_event_no": "event_no is not a whole number of at least 1",
    "orphan_event": "an event without an accepted filed row before it",
    "conflicting_key": "the same record with other content",
    "no_legal_basis": "an input without a legal basis; it may not be used",
    "not_in_catalogue": "an input outside the catalogue of public credit information; it may not be used",
    "sensitive": "sensitive personal information; it may not be used",
    "irrelevant": "unrelated to keeping the law and contracts; it may not be used",
    "bad_delivery": "the delivery is not what the feed declares",
    "unknown_code": "not a code of this column",
    "bad_period": "neither a year nor a date",
}
