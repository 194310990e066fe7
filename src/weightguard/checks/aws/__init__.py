"""The rules of AWS: what is decided over its policies, and what only it has. `decisions` puts single questions to its engine."""
