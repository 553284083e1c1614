"""Tests that mirror no module, and what each tests; and modules that no test of their package reaches.

Both lists only shrink: an entry that is no longer needed is a complaint too. A name that ends in `/` is a folder.
"""

from __future__ import annotations

REBUILT = "rebuilt next, with their tests: what mirrors today mirrors, the rest is steps of its workflow"

# File or folder below `tests` → what it tests from outside.
TOPICS: dict[str, str] = {
    "cases/": "cases by people who read law, and every number of the rules against its text",
    "fuzz/": "bad input in thousands: every command ends in a result or a refusal",
    "house/": "the rules of the house",
    "published/": "grades of other authorities, reproduced from what they publish",
    "single_faults/": "one fault in a sound district: the grades that it touches are marked",
    "without_extras/": "commands where no extra is installed",
    "test_contract.py": "names of the contract: exports, commands, options, readings",
    "store/test_crowd.py": "many processes, kills, a full disk, lost connections, bad input",
    "store/test_forgeries.py": "every edit of every table is found",
    "store/test_insiders.py": "what insiders with every hash or a key write is found",
    "test_postgres.py": "the PostgreSQL that tests start, from the system or from a package",
    "test_front_door.py": "the names that packages export, as a user and a type checker see them",
    "test_notebooks.py": "every notebook runs",
    "test_scripts.py": "scripts, and the results and figures that they keep",
    "core/test_files_read_whole.py": "files of any kind are read whole or refused",
    "explanation/test_depths.py": "paragraph, arithmetic and hashes of one ledger, in text, page and command",
    "explanation/test_persons.py": "no number of a person in any explanation",
    "explanation/test_truth.py": "explanations under every shipped scheme say what decided",
    "grading/test_before_law.py": "no shipped scheme grades what happened before its law",
    "grading/test_dirty_tables.py": "random dirty tables: every row has one fate",
    "grading/test_edges.py": "edges of binding and counting, in both interpreters",
    "grading/test_forms.py": "one table in every form gives one result",
    "grading/test_parity.py": "both interpreters agree on random subjects",
    "grading/test_shipped.py": "both interpreters agree under every shipped scheme",
    "grading/test_swapped_cells.py": "two cells that changed places mark their subject",
    "grading/test_temporal.py": "every quarter since 2014 has a grade or a reason",
    "grading/test_time.py": "the day of intake, and whether a period is over",
    "grading/test_unknown_words.py": "domains and lists that nobody knows",
    "modelling/registry/test_forms.py": "one table in every form trains one model",
    "modelling/test_bad_input.py": "bad tables and settings, for every estimator",
    "modelling/test_names.py": "the public names of the package",
    "modelling/test_noise.py": "columns of noise leave, real ones stay",
    "modelling/test_sklearn_contract.py": "scikit-learn's own checks of every estimator",
    "records/publicity/test_persons.py": "natural persons leave no trace of an import",
    "records/test_hostile.py": "tables that nobody should send",
    "schemes/test_coverage_of_plan.py": "the table of systems against the plan's own words",
    "schemes/test_mutants.py": "each code of a fault has a scheme that fails with it alone",
    **dict.fromkeys(
        (
            "cascade/",
            "cli/",
            "evidence/",
            "lists/",
            "pages/",
            "repair/",
        ),
        REBUILT,
    ),
}

# Modules without a mirror that no test of their own package reaches → the tests that do.
UNREACHED: dict[str, str] = {
    "cascade.drawn": "office/test_consequences.py",
    "cascade.follow_status": "objections/test_workflow.py",
    "composite.recompute": "explanation/test_composite.py",
    "core.version": "test_front_door.py",
    "explanation.decisive.of_grading": "cli/test_decisive.py",
    "explanation.decisive.document": "cli/test_decisive.py",
    "grading.population.prescore": "explanation/decisive/test_population.py",
    "grading.result_columns": "cascade/test_kept_input_state.py",
    "records.subset": "cascade/test_regrade.py",
    # rebuilt next
    "inspection.stand_alone": "inspection/test_draw.py",
    "measures.lines": "cli/test_joint.py",
    "pages.cascade": "demo/test_run.py",
    "pages.composite": "explanation/test_composite.py",
    "pages.coverage": "schemes/test_coverage.py",
    "pages.repair": "cli/test_repair.py",
    "store.archive.written": "cli/test_kept_runs.py",
    "store.migrations.env": "store/test_formats.py",
    "core.free_text": "cli/test_acting_commands.py",
}
