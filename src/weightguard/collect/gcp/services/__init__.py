"""One module a Google API: what may be called of it, declared."""
