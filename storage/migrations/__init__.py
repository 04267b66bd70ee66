"""How the database came to be what `storage.tables` says."""
