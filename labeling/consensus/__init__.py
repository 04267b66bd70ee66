"""The answer that labelers agree on, with its probability: one file a method."""
