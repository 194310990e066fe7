"""The estate: what a snapshot says exists, typed and provider-neutral, every attribute a fact with its source."""
