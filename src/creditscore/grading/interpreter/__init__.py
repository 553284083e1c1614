"""The reference interpreter: one subject under a plan, in plain Python and integers."""
