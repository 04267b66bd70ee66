"""The demo: the main job once around, on real parts, told as a story and as a report."""
