"""How results are drawn: pages of sections, charts and SVG, from plain data."""
