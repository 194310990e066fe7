"""Whom an AWS estate holds and whom its policies mean: principals, names, decisions put to the policy engine."""
