"""Complete projects a user can copy."""
