"""Sketches: bounded states of one field over many records, whose merging is exact and knows no order."""
