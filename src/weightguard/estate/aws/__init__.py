"""AWS records into the neutral model, one reader per group of services. No judgement."""
