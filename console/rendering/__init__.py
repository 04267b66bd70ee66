"""Samples as HTML: image, series, text, table, or as the project's own renderer draws them."""
