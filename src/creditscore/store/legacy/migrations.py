"""The tables of the store, as steps: a file remembers which it has seen, and a step is never changed once released."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE store_format (format VARCHAR NOT NULL, version INTEGER PRIMARY KEY);
    CREATE TABLE log_entries (
        seq BIGINT PRIMARY KEY, "at" VARCHAR NOT NULL, actor VARCHAR NOT NULL, role VARCHAR NOT NULL,
        action VARCHAR NOT NULL, phase VARCHAR NOT NULL, refers_to BIGINT, subject VARCHAR NOT NULL,
        payload_hash VARCHAR NOT NULL, previous VARCHAR NOT NULL, hash VARCHAR NOT NULL, payload VARCHAR
    );
    CREATE TABLE log_checkpoints (seq BIGINT PRIMARY KEY, hash VARCHAR NOT NULL, "at" VARCHAR NOT NULL);
    CREATE TABLE log_head (log_id VARCHAR NOT NULL, seq BIGINT NOT NULL, hash VARCHAR NOT NULL);
    """,
    """
    CREATE TABLE joint_event (
        event_id VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL, department VARCHAR NOT NULL, on_day INTEGER NOT NULL,
        subjects VARCHAR NOT NULL
    );
    CREATE TABLE joint_proposal (
        proposal_id VARCHAR PRIMARY KEY, event_id VARCHAR NOT NULL, event_kind VARCHAR NOT NULL,
        department VARCHAR NOT NULL, on_day INTEGER NOT NULL, subject_id VARCHAR NOT NULL, listing_id VARCHAR NOT NULL,
        list VARCHAR NOT NULL, entered_day INTEGER NOT NULL, conduct_id VARCHAR NOT NULL, measure_id VARCHAR NOT NULL,
        side VARCHAR NOT NULL, relevance_reason VARCHAR NOT NULL, basis VARCHAR NOT NULL, laws VARCHAR NOT NULL,
        basis_level VARCHAR NOT NULL, flags VARCHAR NOT NULL, evidence VARCHAR NOT NULL, ends_by_day INTEGER,
        tables VARCHAR NOT NULL, period VARCHAR NOT NULL, proposed_by VARCHAR NOT NULL, log_seq BIGINT NOT NULL
    );
    CREATE TABLE joint_act (
        nr BIGINT PRIMARY KEY, proposal_id VARCHAR NOT NULL, act VARCHAR NOT NULL, on_day INTEGER NOT NULL,
        actor VARCHAR NOT NULL, reason VARCHAR NOT NULL, document_no VARCHAR NOT NULL, acknowledged VARCHAR NOT NULL,
        log_seq BIGINT NOT NULL
    );
    CREATE TABLE joint_refusal (
        event_id VARCHAR NOT NULL, subject_id VARCHAR NOT NULL, listing_id VARCHAR NOT NULL,
        measure_id VARCHAR NOT NULL, reason VARCHAR NOT NULL, log_seq BIGINT NOT NULL
    );
    """,
    """
    CREATE TABLE list_events (
        place BIGINT PRIMARY KEY, entry BIGINT NOT NULL, case_id VARCHAR NOT NULL, "no" INTEGER NOT NULL,
        kind VARCHAR NOT NULL, "on" DATE NOT NULL, recorded_on DATE NOT NULL, "by" VARCHAR NOT NULL,
        organ VARCHAR NOT NULL, document VARCHAR NOT NULL, evidence VARCHAR NOT NULL, basis VARCHAR NOT NULL,
        mark VARCHAR NOT NULL, args VARCHAR NOT NULL, data VARCHAR NOT NULL, UNIQUE (case_id, "no")
    );
    """,
    """
    CREATE TABLE draw_commitments (
        draw_id VARCHAR PRIMARY KEY, hash VARCHAR NOT NULL, content VARCHAR NOT NULL, committed_on VARCHAR NOT NULL,
        log_seq BIGINT NOT NULL
    );
    CREATE TABLE draw_draws (
        draw_id VARCHAR PRIMARY KEY, value VARCHAR NOT NULL, drawn_on VARCHAR NOT NULL, key VARCHAR NOT NULL,
        log_seq BIGINT NOT NULL
    );
    CREATE TABLE draw_units (
        draw_id VARCHAR NOT NULL, unit VARCHAR NOT NULL, programme VARCHAR NOT NULL, department VARCHAR NOT NULL,
        subject_id VARCHAR NOT NULL, stratum VARCHAR NOT NULL, drawn_as VARCHAR NOT NULL, probability VARCHAR NOT NULL,
        joint_probability VARCHAR NOT NULL, visits BIGINT NOT NULL
    );
    CREATE TABLE draw_visits (
        draw_id VARCHAR NOT NULL, visit_id VARCHAR NOT NULL, subject_id VARCHAR NOT NULL, "window" BIGINT NOT NULL,
        programmes VARCHAR NOT NULL, departments VARCHAR NOT NULL
    );
    CREATE TABLE draw_teams (
        draw_id VARCHAR NOT NULL, visit_id VARCHAR NOT NULL, subject_id VARCHAR NOT NULL, programme VARCHAR NOT NULL,
        inspector_id VARCHAR NOT NULL
    );
    CREATE TABLE draw_results (
        inspection_id VARCHAR PRIMARY KEY, subject_id VARCHAR NOT NULL, draw_id VARCHAR NOT NULL,
        department VARCHAR NOT NULL, planned_on VARCHAR NOT NULL, inspected_on VARCHAR NOT NULL, arm VARCHAR NOT NULL,
        result VARCHAR NOT NULL, violations VARCHAR NOT NULL, recorded_on VARCHAR NOT NULL, programme VARCHAR NOT NULL,
        class VARCHAR NOT NULL, stratum VARCHAR NOT NULL, probability VARCHAR NOT NULL, log_seq BIGINT NOT NULL
    );
    """,
    """
    CREATE TABLE run_runs (
        run_id VARCHAR PRIMARY KEY, scheme VARCHAR NOT NULL, version VARCHAR NOT NULL, period VARCHAR NOT NULL,
        known_at DATE NOT NULL, manifest VARCHAR NOT NULL, grades_hash VARCHAR NOT NULL, ledger_hash VARCHAR NOT NULL,
        snapshot_hash VARCHAR NOT NULL, snapshot_path VARCHAR NOT NULL, kept_by VARCHAR NOT NULL,
        kept_at_seq BIGINT NOT NULL
    );
    CREATE TABLE run_grades (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL, domain VARCHAR, scheme VARCHAR,
        version VARCHAR, period VARCHAR, known_at DATE, state VARCHAR, state_reason VARCHAR, start DECIMAL(20,6),
        score DECIMAL(20,6), score_low DECIMAL(20,6), score_high DECIMAL(20,6), grade VARCHAR, route VARCHAR,
        margin DECIMAL(20,6), evidence VARCHAR, readings VARCHAR
    );
    CREATE TABLE run_ledger (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL, scheme VARCHAR, version VARCHAR,
        period VARCHAR, step VARCHAR, record_id VARCHAR, item VARCHAR, nominal DECIMAL(20,6),
        effective DECIMAL(20,6), rule VARCHAR, article VARCHAR, reason VARCHAR
    );
    CREATE TABLE run_events (
        seq BIGINT NOT NULL, nr INTEGER NOT NULL, case_id VARCHAR NOT NULL, subject_id VARCHAR NOT NULL,
        record_id VARCHAR NOT NULL, event_no INTEGER NOT NULL, event VARCHAR NOT NULL, domain VARCHAR, item VARCHAR,
        event_on DATE, recorded_on DATE NOT NULL, occurred_on DATE, decided_on DATE, booked_on DATE,
        published_on DATE, corrected_on DATE, quantity VARCHAR, amount VARCHAR, share VARCHAR, act_id VARCHAR,
        source_subject_id VARCHAR, source VARCHAR, document_no VARCHAR, basis VARCHAR, further VARCHAR,
        PRIMARY KEY (subject_id, record_id, event_no)
    );
    """,
    """
    CREATE TABLE case_events (
        case_id VARCHAR NOT NULL, "no" INTEGER NOT NULL, kind VARCHAR NOT NULL, "on" DATE NOT NULL,
        "by" VARCHAR NOT NULL, data VARCHAR NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (case_id, "no")
    );
    CREATE TABLE life_states (
        seq BIGINT NOT NULL, nr BIGINT NOT NULL, subject_id VARCHAR NOT NULL, domain VARCHAR NOT NULL,
        scheme VARCHAR NOT NULL, version VARCHAR NOT NULL, period VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
        case_id VARCHAR NOT NULL, step VARCHAR NOT NULL, state VARCHAR NOT NULL, grade VARCHAR, route VARCHAR,
        status VARCHAR NOT NULL, decided_on DATE NOT NULL, recorded_on DATE NOT NULL, basis VARCHAR NOT NULL,
        mark VARCHAR NOT NULL, PRIMARY KEY (seq, nr)
    );
    """,
    """
    CREATE TABLE cascade_acts (
        seq BIGINT PRIMARY KEY, kind VARCHAR NOT NULL, of_seq BIGINT, subjects VARCHAR NOT NULL, record_id VARCHAR,
        event VARCHAR, on_day DATE NOT NULL, "by" VARCHAR NOT NULL, reason VARCHAR NOT NULL,
        document_no VARCHAR NOT NULL, content VARCHAR NOT NULL
    );
    CREATE TABLE cascade_voided (
        seq BIGINT NOT NULL, subject_id VARCHAR NOT NULL, record_id VARCHAR NOT NULL, event_no INTEGER NOT NULL,
        recorded_on DATE NOT NULL, PRIMARY KEY (subject_id, record_id, event_no)
    );
    CREATE TABLE cascade_states (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, subject_id VARCHAR NOT NULL, as_kept BOOLEAN NOT NULL,
        hash VARCHAR NOT NULL, PRIMARY KEY (run_id, subject_id, seq)
    );
    CREATE TABLE cascade_grades (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        domain VARCHAR, scheme VARCHAR, version VARCHAR, period VARCHAR, known_at DATE, state VARCHAR,
        state_reason VARCHAR, start DECIMAL(20,6), score DECIMAL(20,6), score_low DECIMAL(20,6),
        score_high DECIMAL(20,6), grade VARCHAR, route VARCHAR, margin DECIMAL(20,6), evidence VARCHAR,
        readings VARCHAR
    );
    CREATE TABLE cascade_ledger (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        scheme VARCHAR, version VARCHAR, period VARCHAR, step VARCHAR, record_id VARCHAR, item VARCHAR,
        nominal DECIMAL(20,6), effective DECIMAL(20,6), rule VARCHAR, article VARCHAR, reason VARCHAR
    );
    CREATE TABLE cascade_tasks (
        seq BIGINT NOT NULL, nr INTEGER NOT NULL, subject_id VARCHAR NOT NULL, kind VARCHAR NOT NULL,
        thing VARCHAR NOT NULL, task VARCHAR NOT NULL, who VARCHAR NOT NULL, why VARCHAR NOT NULL, because VARCHAR,
        PRIMARY KEY (seq, nr)
    );
    CREATE TABLE cascade_done (
        seq BIGINT NOT NULL, of_seq BIGINT NOT NULL, nr INTEGER NOT NULL, on_day DATE NOT NULL, "by" VARCHAR NOT NULL,
        document_no VARCHAR NOT NULL, PRIMARY KEY (of_seq, nr)
    );
    """,
    """
    CREATE TABLE composite_runs (
        run_id VARCHAR PRIMARY KEY, config VARCHAR NOT NULL, config_version VARCHAR NOT NULL, as_of DATE NOT NULL,
        manifest VARCHAR NOT NULL, hashes VARCHAR NOT NULL, kept_by VARCHAR NOT NULL, kept_at_seq BIGINT NOT NULL
    );
    CREATE TABLE composite_listings (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, listing_id VARCHAR, subject_id VARCHAR NOT NULL,
        list VARCHAR NOT NULL, entered_on DATE NOT NULL, term_end DATE, exited_on DATE, recorded_on DATE
    );
    CREATE TABLE composite_subjects (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL, kind VARCHAR
    );
    CREATE TABLE run_composite (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        as_of DATE, config VARCHAR, config_version VARCHAR, state VARCHAR, state_reason VARCHAR, score INTEGER,
        grade VARCHAR, coverage INTEGER, hard_rules VARCHAR, evidence VARCHAR, fragile BOOLEAN
    );
    CREATE TABLE run_contributions (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        domain VARCHAR, scheme VARCHAR, version VARCHAR, period VARCHAR, grade VARCHAR, value INTEGER,
        weight INTEGER, contribution INTEGER, evidence VARCHAR, note VARCHAR
    );
    CREATE TABLE run_shared_acts (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        act_id VARCHAR, counted_in VARCHAR, also_in VARCHAR, records VARCHAR
    );
    CREATE TABLE run_regraded (
        run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        scheme VARCHAR, version VARCHAR, period VARCHAR, step VARCHAR, record_id VARCHAR, item VARCHAR,
        nominal DECIMAL(20,6), effective DECIMAL(20,6), rule VARCHAR, article VARCHAR, reason VARCHAR
    );
    CREATE TABLE cascade_composite (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        as_of DATE, config VARCHAR, config_version VARCHAR, state VARCHAR, state_reason VARCHAR, score INTEGER,
        grade VARCHAR, coverage INTEGER, hard_rules VARCHAR, evidence VARCHAR, fragile BOOLEAN
    );
    CREATE TABLE cascade_contributions (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        domain VARCHAR, scheme VARCHAR, version VARCHAR, period VARCHAR, grade VARCHAR, value INTEGER,
        weight INTEGER, contribution INTEGER, evidence VARCHAR, note VARCHAR
    );
    CREATE TABLE cascade_shared_acts (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        act_id VARCHAR, counted_in VARCHAR, also_in VARCHAR, records VARCHAR
    );
    CREATE TABLE cascade_regraded (
        seq BIGINT NOT NULL, run_id VARCHAR NOT NULL, place BIGINT NOT NULL, subject_id VARCHAR NOT NULL,
        scheme VARCHAR, version VARCHAR, period VARCHAR, step VARCHAR, record_id VARCHAR, item VARCHAR,
        nominal DECIMAL(20,6), effective DECIMAL(20,6), rule VARCHAR, article VARCHAR, reason VARCHAR
    );
    """,
    # what the input of a grade lacked; rows of runs that were kept before say nothing of it
    """
    ALTER TABLE run_grades ADD COLUMN input_state VARCHAR;
    ALTER TABLE run_grades ADD COLUMN grade_without VARCHAR;
    ALTER TABLE cascade_grades ADD COLUMN input_state VARCHAR;
    ALTER TABLE cascade_grades ADD COLUMN grade_without VARCHAR;
    ALTER TABLE run_composite ADD COLUMN input_state VARCHAR;
    ALTER TABLE cascade_composite ADD COLUMN input_state VARCHAR;
    """,
)
