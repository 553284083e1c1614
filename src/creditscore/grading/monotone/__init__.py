"""Whether withdrawing an adverse record can worsen a grade: proved, refuted by a case, or left open."""
