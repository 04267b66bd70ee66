"""What you type: the command line and the demo, where everything is wired."""
