"""What the example projects share where they simulate production and labelers for the demo."""
