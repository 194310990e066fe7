"""One model in many files: ranks, blobs, descriptions with their data; strangers stay apart; copies are known by content."""

from __future__ import annotations

import hashlib
import json

import pytest
from weight_files import Lab, safetensors, torch_zip

from weightguard.weights import ObjectRow, assemble, copies, unlike

RANK = {"model.embed.weight": (8, 4), "model.layers.0.weight": (8, 8)}


def shards(count: int = 3, stem: str = "model.layers") -> dict[str, bytes]:
    return {
        f"model-{n + 1:05}-of-{count:05}.safetensors": safetensors(
            {f"{stem}.{n}.weight": (4, 4)}, fill=bytes([n])
        )
        for n in range(count)
    }


def index_of(files: dict[str, bytes], stem: str = "model.layers") -> bytes:
    return json.dumps({"weight_map": {f"{stem}.{n}.weight": name for n, name in enumerate(files)}}).encode()


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        "m/model-rank-{}.safetensors",
        "m/rank{}.safetensors",
        "m/tp_rank_0{}/model.safetensors",
        "m/model_tp{}_pp0.safetensors",
        "m/model_part-{}.safetensors",
        "m/shard-0000{}-model-00001-of-00001.safetensors",
    ],
)
def test_ranks_that_repeat_the_tensor_names_are_one_model(name: str) -> None:
    lab = Lab({name.format(n): safetensors(RANK) for n in range(4)})
    assert [item.shards for item in lab.sets()] == [4]


@pytest.mark.parametrize(
    "name", ["m/epoch_{}.safetensors", "m/step-{}.safetensors", "m/run{}/model.safetensors"]
)
def test_what_is_numbered_otherwise_and_repeats_the_names_stays_apart(name: str) -> None:
    lab = Lab({name.format(n): safetensors(RANK) for n in range(3)})
    assert [item.shards for item in lab.sets()] == [1, 1, 1]


def test_numbered_strangers_are_two_models_and_numbered_layers_are_one() -> None:
    strangers = {
        "m/sd1.safetensors": safetensors({"first_stage.encoder.weight": (4, 4)}),
        "m/sd2.safetensors": safetensors({"conditioner.blocks.weight": (4, 4)}),
    }
    layers = {f"m/sd{n}.safetensors": safetensors({f"first_stage.{n}.weight": (4, 4)}) for n in (1, 2)}
    assert [item.shards for item in Lab(strangers).sets()] == [1, 1]
    assert [item.shards for item in Lab(layers).sets()] == [2]


def test_blobs_by_content_are_joined_by_an_index_elsewhere() -> None:
    files = shards()
    blobs = {f"hub/blobs/{hashed(data)[:2]}/{hashed(data)}": data for data in files.values()}
    index = {f"hub/models--lab/blobs/{hashed(b'i')[:40]}": index_of(files)}
    (found,) = Lab(blobs | index).sets()
    assert (found.shards, found.file_count) == (3, 4)
    assert [item.shards for item in Lab(blobs).sets()] == [1, 1, 1]


def test_blobs_are_joined_by_the_list_of_a_directory() -> None:
    files = shards() | {"other/model.safetensors": safetensors({"x.weight": (2, 2)})}
    digests = {name: hashlib.md5(data).hexdigest() for name, data in files.items()}  # noqa: S324
    blobs = {f"dvc/files/md5/{digests[name][:2]}/{digests[name][2:]}": data for name, data in files.items()}
    listing = json.dumps([{"md5": digest, "relpath": name} for name, digest in digests.items()]).encode()
    found = Lab(blobs | {"dvc/files/md5/aa/bb.dir": listing}).sets()
    assert sorted(item.shards for item in found) == [1, 3]


def test_a_manifest_joins_a_blob_a_tensor() -> None:
    blobs = {}
    layers = []
    for n in range(4):
        data = safetensors({f"blk.{n}.weight": (4, 4)})
        blobs[f"models/blobs/sha256-{hashed(data)}"] = data
        layers.append(
            {"mediaType": "application/vnd.ollama.image.tensor", "digest": f"sha256:{hashed(data)}"}
        )
    manifest = json.dumps({"schemaVersion": 2, "layers": layers}).encode()
    (found,) = Lab(blobs | {"models/manifests/library/aurora/latest": manifest}).sets()
    assert found.shards == 4


def test_an_index_that_is_not_read_to_its_end_makes_no_shard_missing() -> None:
    files = shards(6)
    names = list(files)
    long = {
        f"model.layers.{n:05}.mlp.experts.weight_scale_inv": names[n * 6 // 20_000] for n in range(20_000)
    }
    index = json.dumps({"weight_map": long}, indent=1, sort_keys=True).encode()
    assert len(index) > 768 << 10
    (found,) = Lab(
        {f"m/{name}": data for name, data in files.items()} | {"m/model.safetensors.index.json": index}
    ).sets()
    assert (found.shards, found.note) == (6, None)
    del files[names[2]]
    (found,) = Lab(
        {f"m/{name}": data for name, data in files.items()} | {"m/model.safetensors.index.json": index}
    ).sets()
    assert (found.shards, found.note) == (5, "1 of 6 shards missing or damaged")


def test_raw_data_belongs_to_the_description_that_names_it() -> None:
    raw = bytes(range(256)) * 40
    records = [{"dataPath": f"params_shard_{n}.bin", "format": "raw-shard", "records": []} for n in range(2)]
    mlc = {f"llm/params_shard_{n}.bin": raw for n in range(2)}
    described = mlc | {"llm/ndarray-cache.json": json.dumps({"metadata": {}, "records": records}).encode()}
    (found,) = Lab(described).sets()
    assert (found.shards, found.note) == (2, "MLC")
    assert Lab(mlc).sets() == []
    assert {row.examined for row in Lab(mlc).rows()} == {"damaged"}


def test_moments_of_a_universal_checkpoint_belong_to_its_model() -> None:
    files = {
        f"run/global_step5_universal/zero/layers.{n}.weight/{kind}.pt": torch_zip({"param": (4, 4)})
        for n in range(2)
        for kind in ("fp32", "exp_avg", "exp_avg_sq")
    }
    (found,) = Lab(files).sets()
    assert (found.format, found.shards) == ("deepspeed", 6)


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ({"hidden_states": (4, 8), "positions": (4,)}, False),
        ({"past_key_values": (4, 8)}, False),
        ({"last_hidden_state": (4, 8)}, False),
        ({"prompt_embeddings": (20, 64)}, True),
        ({"encoder.hidden.weight": (4, 8)}, True),
    ],
)
def test_activations_are_data_and_tuned_prompts_are_weights(
    names: dict[str, tuple[int, ...]], taken: bool
) -> None:
    assert bool(Lab({"acts/layer_3/batch_01.pt": torch_zip(names)}).sets()) is taken


def rows(
    prefix: str, files: dict[str, tuple[int, str | None, str | None]], sketch: str | None = None
) -> list[ObjectRow]:
    return [
        ObjectRow(
            "s", f"{prefix}{name}", size, "safetensors", "header", f"ws-{prefix}", 100, None, None, None, "header",
            etag, content, sketch,
        )
        for name, (size, etag, content) in files.items()
    ]  # fmt: skip


MD5 = ("0" * 32, "1" * 32)


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ((9, MD5[0], None), (9, MD5[0], None), True),
        ((9, MD5[0], None), (8, MD5[0], None), False),
        ((9, MD5[0], "h"), (9, MD5[1], "h"), False),
        ((9, f"{MD5[0]}-3", "h"), (9, f"{MD5[1]}-5", "h"), True),
        ((9, None, "h"), (9, MD5[1], "h"), True),
        ((9, None, "h"), (9, None, "g"), False),
        ((9, None, None), (9, None, None), False),
    ],
)
def test_copies_are_known_by_content(
    left: tuple[int, str | None, str | None], right: tuple[int, str | None, str | None], joined: bool
) -> None:
    found = assemble([*rows("a/", {"x": left}), *rows("b/", {"y": right})])
    assert bool(copies(found)) is joined


def test_a_shard_of_a_model_is_a_copy_of_it_and_a_part_that_all_have_is_not() -> None:
    whole = {str(n): (100, f"{n}" * 32, None) for n in range(4)}
    one = {"z": (100, "2" * 32, None)}
    mixed = {"a": (100, "3" * 32, None), "b": (900, "f" * 32, None)}
    found = assemble([*rows("w/", whole), *rows("o/", one), *rows("m/", mixed)])
    assert copies(found) == {"ws-w/": ("ws-o/",), "ws-o/": ("ws-w/",)}


def test_sets_of_other_tensors_or_another_size_are_unlike() -> None:
    def only(sketch: str, count: int) -> object:
        row = rows("a/", {"x": (9, None, None)}, sketch)[0]
        (item,) = assemble(
            [ObjectRow(*[count if name == "parameters" else getattr(row, name) for name in row.__slots__])]
        )
        return item

    base = only("0000000a0000000b", 100)
    assert not unlike(base, only("0000000b0000000c", 110))  # type: ignore[arg-type]
    assert unlike(base, only("0000000c0000000d", 100))  # type: ignore[arg-type]
    assert unlike(base, only("0000000a0000000b", 400))  # type: ignore[arg-type]
