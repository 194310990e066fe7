"""Who can reach the weights: the access graph, its questions, paths and cut.

from weightguard.access import AccessKind, build

access = build(estate)
access.who_can(AccessKind.READ, "arn:aws:s3:::bucket").answers   # principals, each with a shortest path
access.paths("arn:aws:iam::111111111111:user/a", "arn:aws:s3:::bucket")
access.cut("arn:aws:s3:::bucket").changes                        # what to remove so that nobody gets there indirectly
"""

from weightguard.access.graph import build
from weightguard.access.model import Access, AccessKind, Answer, Because, Change, Cut, Hop, WhoCan

__all__ = ["Access", "AccessKind", "Answer", "Because", "Change", "Cut", "Hop", "WhoCan", "build"]
