"""Kept runs and composites: copied whole into the store, and what stands of them after later decisions."""
