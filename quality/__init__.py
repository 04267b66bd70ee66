"""What is measured: expectations, duplicates, routing signals, the ledger's sums."""
