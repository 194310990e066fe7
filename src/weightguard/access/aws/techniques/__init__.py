"""Ways to become somebody else in AWS: one module a kind of technique, working out links from the technique data."""
