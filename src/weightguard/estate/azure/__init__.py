"""Azure's records as facts."""
