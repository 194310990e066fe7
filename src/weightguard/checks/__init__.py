"""The rules: one module a family, small pure functions ``(subject, context) -> Verdict`` over facts alone.

`relations` finds what belongs together, `decisions` puts single questions to the policy engine; both are for the rules here.
"""
