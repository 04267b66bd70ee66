"""How it moves: the Faust app, frames, agents and producers."""
