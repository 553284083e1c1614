"""What `scheme check` finds in a scheme without grading: names, sources, points, bands, what can be reached."""
