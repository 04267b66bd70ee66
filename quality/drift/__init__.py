"""Whether yesterday's data still describes today's: one file a measure, and the watch that shares out false alarms."""
