"""Handwritten digits from letter scanners: the project of the demo."""
