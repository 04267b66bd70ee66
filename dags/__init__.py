"""When it happens: one file a DAG."""
