"""Google Cloud's records as facts of an estate."""
