"""Readings of the Space Shuttle's radiators, with anomalies once in two hundred: tabular telemetry with a long tail."""
