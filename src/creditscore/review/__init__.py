"""Review: a grade is computed again, contested, corrected and repaired, and what follows from it is carried through."""
