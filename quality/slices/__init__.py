"""Slices: where the model fails more than elsewhere."""
