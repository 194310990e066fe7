"""Where the nodes of the access graph stand: stores on the right, each hop away from them one column to the left."""

from __future__ import annotations

from collections import defaultdict, deque

from weightguard.assess.model import Picture
from weightguard.report.naming import short
from weightguard.report.text import visible

_COLUMN, _ROW = 380, 64


def columns(picture: Picture) -> dict[str, int]:
    """Hops from each node to the nearest store; nodes without a way stand beside the stores."""
    before: dict[str, list[str]] = defaultdict(list)
    for edge in picture.edges:
        before[edge.target].append(edge.origin)
    distance = {node.id: 0 for node in picture.nodes if node.kind == "store"}
    queue = deque(sorted(distance))
    while queue:
        node = queue.popleft()
        for origin in before[node]:
            if origin not in distance:
                distance[origin] = distance[node] + 1
                queue.append(origin)
    return {node.id: distance.get(node.id, 0) for node in picture.nodes}


def layout(picture: Picture) -> list[dict[str, object]]:
    """Cytoscape elements with positions. Nodes stand near what they lead to, so that lines cross little."""
    depth = columns(picture)
    after: dict[str, list[str]] = defaultdict(list)
    for edge in picture.edges:
        after[edge.origin].append(edge.target)
    height: dict[str, float] = {}
    for column in range(max(depth.values(), default=0) + 1):
        members = [node.id for node in picture.nodes if depth[node.id] == column]
        members.sort(key=lambda name: (_pull(after[name], height), name))
        offset = -(len(members) - 1) / 2
        height |= {name: offset + place for place, name in enumerate(members)}
    number = {node.id: f"n{index}" for index, node in enumerate(picture.nodes)}
    nodes: list[dict[str, object]] = [
        {
            "data": {
                "id": number[node.id],
                "name": visible(node.id),
                "label": visible(_label(node.id, node.count), 48),
                "kind": node.kind,
            },
            "position": {"x": -_COLUMN * depth[node.id], "y": round(_ROW * height[node.id], 1)},
        }
        for node in picture.nodes
    ]
    edges: list[dict[str, object]] = [
        {
            "data": {
                "id": f"e{index}",
                "source": number[edge.origin],
                "target": number[edge.target],
                "how": visible(edge.how),
                "certainty": edge.certainty,
                "conditions": [visible(condition) for condition in edge.conditions],
            }
        }
        for index, edge in enumerate(picture.edges)
    ]
    return nodes + edges


def _label(name: str, count: int) -> str:
    if name == "*":
        return "everybody"
    if count > 1:
        return name.split(" (")[0]
    return short(name).split("/")[-1] if name.startswith("arn:") else name


def _pull(targets: list[str], height: dict[str, float]) -> float:
    known = [height[target] for target in targets if target in height]
    return sum(known) / len(known) if known else 0.0
