"""How people and their tools label: the REST API."""
