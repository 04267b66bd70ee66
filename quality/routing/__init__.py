"""Which accepted samples go to labelers, and why: one file a signal, and the router that mixes them."""
