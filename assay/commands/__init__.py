"""What each command does; assay/cli.py names them."""
