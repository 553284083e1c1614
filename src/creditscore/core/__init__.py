"""What every package stands on: days, exact numbers, errors, the reader of tables, the catalogue of rules."""
