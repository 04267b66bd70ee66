"""Complete projects a user can copy, and what their simulations share."""
