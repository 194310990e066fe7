"""What a scan of Google Cloud costs over the wire: many buckets in many projects; time, peak memory, calls a bucket.

    python benchmarks/bench_scan_gcp.py [BUCKETS] [PROJECTS] [OBJECTS]      (default: 200 20 100)

A server in a process of its own answers on a loopback port, a thousand entries a page, and checks each request against Google's
descriptions; the collector runs in another, so that its memory is its own. On a machine of few cores the server's own work is a
good part of the time.
Targets: 200 buckets in 20 projects in at most 15 s, with at most 4 calls a bucket beside the listing of its objects.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import google_exports as made
import google_lab as lab
from google_cloud import Cloud

_RM, _GCS = "cloudresourcemanager.googleapis.com", "storage.googleapis.com"
_HEADER = b'{"w":{"dtype":"F16","shape":[512,64],"data_offsets":[0,65536]}}'
_WEIGHTS = len(_HEADER).to_bytes(8, "little") + _HEADER + bytes(65_536)
_OF_OBJECTS = frozenset({"ListObjects", "objects.list", "objects.get", "GetObject"})


def organisation(buckets: int, projects: int, objects: int) -> Cloud:
    """Projects in one folder, buckets in turn in them, a model in each bucket."""
    found = lab.cloud(made.Lab())
    found.page = 1_000
    rows, policies = [], []
    for number in range(projects):
        above = [f"projects/{1_000 + number}", made.FOLDER, made.ORGANISATION]
        project, full = f"many-{number}", f"//{_RM}/projects/{1_000 + number}"
        data = {"projectId": project, "projectNumber": str(1_000 + number), "lifecycleState": "ACTIVE",
                "parent": {"type": "folder", "id": "800"}}  # fmt: skip
        rows.append(
            asset(
                full, f"{_RM}/Project", above, resource={"version": "v1", "data": data, "location": "global"}
            )
        )
        policy = {"version": 3, "bindings": [made.binding("roles/viewer", f"user:u{number}@lab.example")]}
        policies.append(asset(full, f"{_RM}/Project", above, iamPolicy=policy))
        told = {"name": above[0], "projectId": project, "parent": made.FOLDER, "state": "ACTIVE"}
        held = []
        for one in range(number, buckets, projects):
            name = f"bucket-{one}"
            settings = {
                "name": name, "projectNumber": above[0].rpartition("/")[2], "location": "EUROPE-WEST4",
                "timeCreated": "2026-01-01T00:00:00Z",
                "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
            }  # fmt: skip
            held.append(settings)
            content = {"version": "v1", "data": settings, "location": "europe-west4"}
            rows.append(asset(f"//{_GCS}/{name}", f"{_GCS}/Bucket", above, resource=content))
            reader = {
                "version": 3,
                "bindings": [made.binding("roles/storage.objectViewer", f"user:r{one}@lab.example")],
            }
            policies.append(asset(f"//{_GCS}/{name}", f"{_GCS}/Bucket", above, iamPolicy=reader))
            found.answers[f"/storage/v1/b/{name}/iam"] = reader
            texts = {f"run/{each:03d}.txt": b"nine more" for each in range(objects - 1)}
            found.objects[name] = {**texts, "model/model.safetensors": _WEIGHTS}
        found.answers |= {
            f"/v3/projects/{project}": told,
            f"/v3/{above[0]}": told,
            f"/storage/v1/b?project={project}": held,
        }
        found.answers[f"/v3/projects?parent={made.FOLDER}"].append(told)
    for content, more in (("RESOURCE", rows), ("IAM_POLICY", policies)):
        found.answers[f"/v1/{made.ORGANISATION}/assets?contentType={content}"] += more
    return found


def asset(name: str, kind: str, above: list[str], **content: Any) -> dict[str, Any]:
    """One entry of an inventory, as the API writes it."""
    return {"name": name, "assetType": kind, "ancestors": above, **content}


def serve(buckets: int, projects: int, objects: int) -> None:
    """Serve until the process is ended; where is told on the first line."""
    from weightguard.demo.gcp.server import serving

    with serving(organisation(buckets, projects, objects)) as url:
        print(json.dumps({"url": url}), flush=True)
        sys.stdin.read()


def collect(url: str, folder: str) -> None:
    """Scan, and tell what it took."""
    from weightguard import api
    from weightguard.sources import GcpSource

    start = time.monotonic()
    source = GcpSource(endpoint_url=url, organization=made.ORGANISATION.partition("/")[2])
    api.collect(Path(folder) / "snapshot", {"gcp": source})
    seconds = time.monotonic() - start
    calls = [json.loads(line) for line in (Path(folder) / "snapshot" / "calls.jsonl").open()]
    asked = Counter(
        (call["service"], call["operation"], call["outcome"])
        for call in calls
        if "bucket-" in str(call.get("resource"))
    )
    told = {
        "seconds": seconds,
        "processor": time.process_time(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "calls": len(calls),
        "asked": [[*key, count] for key, count in asked.items()],
    }
    print(json.dumps(told))


def main(buckets: int, projects: int, objects: int) -> None:
    """One scan, in a process of its own, of a server in another."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "serve", str(buckets), str(projects), str(objects)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = json.loads(server.stdout.readline())["url"]
                key = lab.credentials(Path(folder), url)
                environment = {
                    **os.environ,
                    "GOOGLE_APPLICATION_CREDENTIALS": str(key),
                    "NO_GCE_CHECK": "true",
                }
                command = [sys.executable, __file__, "collect", url, folder]
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            finally:
                server.terminate()
    found = json.loads(done.stdout.splitlines()[-1])
    beside = sum(count for _, operation, _, count in found["asked"] if operation not in _OF_OBJECTS)
    times = f"{found['seconds']:.1f} s ({found['processor']:.1f} s of processor)"
    print(
        f"{buckets} buckets in {projects} projects: {times}, {found['peak']:.0f} MB, {found['calls']:,} calls"
    )
    print(f"{beside / buckets:.2f} calls a bucket beside those for its objects:")
    for service, operation, outcome, count in sorted(found["asked"]):
        print(f"  {service} {operation} ({outcome}): {count / buckets:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*map(int, sys.argv[2:5]))
    elif sys.argv[1:2] == ["collect"]:
        collect(*sys.argv[2:4])
    else:
        main(*(int(one) for one in (*sys.argv[1:], *("200", "20", "100")[len(sys.argv) - 1 :])))
