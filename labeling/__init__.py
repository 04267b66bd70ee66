"""What is decided about labels: overlap, consensus, findings, guidelines."""
