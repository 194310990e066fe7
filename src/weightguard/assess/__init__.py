"""From verdicts to a report: levels, score, waivers, attestations, gaps, attack vectors and what to do
first.
"""
