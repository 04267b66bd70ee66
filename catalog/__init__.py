"""What is released: recipes, gates, splits, manifests, versions, diffs."""
