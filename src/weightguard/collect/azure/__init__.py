"""Collection from Azure over its REST interfaces: read only, every call declared and recorded."""
