"""What is said: contracts, events, labels, verdicts and errors."""
