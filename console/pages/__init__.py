"""The web console: one file a page, thin; what pages show comes from the models that the REST endpoints return."""
