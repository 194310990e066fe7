"""Shards, indexes and marker files of one model are one set; two models in one folder are two."""

from __future__ import annotations

import json

from weight_files import Lab, genuine, genuine_tree, npy, safetensors, torch_zip

from weightguard.weights import ListedObject, StoreScan, WeightSet, assemble, examine

DESCRIPTION = b'<?xml version="1.0"?>\n<net name="n" version="11">\n<layers></layers></net>'


def _shards(count: int, name: str = "model-{:05}-of-{:05}.safetensors") -> dict[str, bytes]:
    return {name.format(n + 1, count): safetensors({f"layers.{n}.weight": (4, 4)}) for n in range(count)}


def _index(shards: dict[str, bytes]) -> bytes:
    mapping = {f"layers.{n}.weight": name for n, name in enumerate(shards)}
    return json.dumps({"metadata": {"total_size": 192}, "weight_map": mapping}).encode()


def _under(prefix: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


def _keys(item: WeightSet) -> set[str]:
    return {file.key for file in item.files}


def test_shards_and_index_are_one_set() -> None:
    shards = _shards(3)
    lab = Lab(
        _under(
            "llm/base", shards | {"model.safetensors.index.json": _index(shards), "config.json": b"{}" * 20}
        )
    )
    (found,) = lab.sets()
    assert (found.name, found.prefix, found.format, found.shards, found.file_count) == (
        "base",
        "llm/base/",
        "safetensors",
        3,
        4,
    )
    assert (found.parameters, found.confidence, found.note) == (48, "header", None)
    assert "llm/base/config.json" not in _keys(found)


def test_a_single_file_has_its_key_as_prefix_and_two_files_are_two_models() -> None:
    lab = Lab(
        {"m/alpha.safetensors": safetensors({"a": (4,)}), "m/beta.safetensors": safetensors({"a": (4,)})}
    )
    assert [(item.name, item.prefix) for item in lab.sets()] == [
        ("alpha", "m/alpha.safetensors"),
        ("beta", "m/beta.safetensors"),
    ]


def test_two_families_in_one_folder_are_two_models() -> None:
    lab = Lab(_shards(2, "big-{:05}-of-{:05}.safetensors") | _shards(2, "small-{:05}-of-{:05}.safetensors"))
    assert [item.shards for item in lab.sets()] == [2, 2]
    assert {item.prefix for item in lab.sets()} == {""}


def test_a_partial_family_is_a_set_that_says_what_is_missing() -> None:
    shards = _shards(4)
    del shards["model-00003-of-00004.safetensors"]
    (found,) = Lab(_under("m", shards)).sets()
    assert (found.shards, found.note) == (3, "1 of 4 shards missing or damaged")


def test_a_truncated_shard_is_left_out_of_its_family() -> None:
    shards = _shards(2)
    shards["model-00002-of-00002.safetensors"] = shards["model-00002-of-00002.safetensors"][:-8]
    (found,) = Lab(_under("m", shards | {"model.safetensors.index.json": _index(shards)})).sets()
    assert _keys(found) == {"m/model-00001-of-00002.safetensors", "m/model.safetensors.index.json"}


def test_an_index_of_pointers_is_no_set() -> None:
    shards = _shards(2)
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12345\n"
    assert (
        Lab(
            _under("m", dict.fromkeys(shards, pointer) | {"model.safetensors.index.json": _index(shards)})
        ).sets()
        == []
    )


def test_renamed_shards_are_found_through_their_index() -> None:
    shards = _shards(3)
    files = {f"blob-{n}": data for n, data in zip("xyz", shards.values(), strict=True)} | {
        "map.json": _index(shards)
    }
    (found,) = Lab(_under("m", files)).sets()
    assert (found.shards, found.file_count) == (3, 4)


def test_numbered_files_are_shards_only_when_their_tensors_differ() -> None:
    apart = {"m/part0.bin": safetensors({"a.weight": (4,)}), "m/part1.bin": safetensors({"b.weight": (4,)})}
    epochs = {"m/epoch_1.pt": torch_zip({"a.weight": (4,)}), "m/epoch_2.pt": torch_zip({"a.weight": (4,)})}
    assert [item.shards for item in Lab(apart).sets()] == [2]
    assert [item.shards for item in Lab(epochs).sets()] == [1, 1]


def test_consolidated_parts_are_one_model() -> None:
    part = torch_zip({"layers.0.weight": (4, 4)})
    (found,) = Lab({f"llama/consolidated.0{n}.pth": part for n in range(4)}).sets()
    assert (found.shards, found.format) == (4, "pytorch")


def test_the_same_model_in_two_formats_is_two_sets() -> None:
    lab = Lab(
        {
            "m/model.safetensors": safetensors({"a": (4,)}),
            "m/pytorch_model.bin": torch_zip({"a.weight": (4,)}),
        }
    )
    assert sorted(item.format for item in lab.sets()) == ["pytorch", "safetensors"]


def test_saved_model_is_its_folder() -> None:
    (found,) = Lab(genuine_tree("savedmodel", "serving/1")).sets()
    assert (found.prefix, found.format, found.shards, found.file_count) == ("serving/1/", "savedmodel", 1, 4)


def test_tensorflow_checkpoint_is_its_stem() -> None:
    files = genuine_tree("tf_checkpoint", "run")
    files["run/checkpoint"] = b'model_checkpoint_path: "ckpt-1"\nall_model_checkpoint_paths: "ckpt-1"\n'
    (found,) = Lab(files).sets()
    assert (found.format, found.file_count, found.note) == ("savedmodel", 3, "TensorFlow checkpoint")


def test_orbax_is_its_folder_with_and_without_ocdbt() -> None:
    for tree in ("orbax", "orbax_zarr"):
        files = genuine_tree(tree, "ckpt/100") | genuine_tree(tree, "ckpt/200")
        sets = Lab(files).sets()
        assert [(item.prefix, item.format) for item in sets] == [
            ("ckpt/100/", "orbax"),
            ("ckpt/200/", "orbax"),
        ]
        assert sum(item.file_count for item in sets) == len(files)


def test_core_ml_package_is_its_folder() -> None:
    (found,) = Lab(genuine_tree("linear.mlpackage", "ios/linear.mlpackage")).sets()
    assert (found.prefix, found.format, found.file_count) == ("ios/linear.mlpackage/", "coreml", 3)


def test_distributed_checkpoint_is_its_folder_and_keeps_when_renamed() -> None:
    (found,) = Lab(genuine_tree("dcp", "run/step-10")).sets()
    assert (found.prefix, found.format, found.file_count) == ("run/step-10/", "dcp", 2)
    tree = genuine_tree("dcp", "x")
    renamed = {"x/one": tree["x/__0_0.distcp"], "x/two": tree["x/.metadata"]}
    assert [(item.format, item.file_count) for item in Lab(renamed).sets()] == [("dcp", 2)]


def test_megatron_is_one_set_an_iteration() -> None:
    rank = torch_zip({"model.weight": (4, 4)})
    one = {f"run/iter_0000100/mp_rank_0{n}/model_optim_rng.pt": rank for n in range(2)}
    marker = {"run/latest_checkpointed_iteration.txt": b"100 is the latest iteration.."}
    (found,) = Lab(one | marker).sets()
    assert (found.prefix, found.format, found.shards, found.file_count) == ("run/", "megatron", 2, 3)
    two = {f"run/iter_0000200/mp_rank_0{n}/model_optim_rng.pt": rank for n in range(2)}
    assert [item.prefix for item in Lab(one | two | marker).sets()] == [
        "run/iter_0000100/",
        "run/iter_0000200/",
    ]


def test_megatron_distributed_checkpoint_is_megatron() -> None:
    files = genuine_tree("dcp", "run/iter_0000005") | {
        "run/iter_0000005/metadata.json": b'{"sharded_backend": "torch_dist", "sharded_backend_version": 1}',
        "run/iter_0000005/common.pt": torch_zip({"a.weight": (4,)}),
    }
    (found,) = Lab(files).sets()
    assert (found.format, found.file_count) == ("megatron", 4)


def test_deepspeed_is_its_step_with_markers() -> None:
    part = torch_zip({"module.weight": (4, 4)})
    files = {f"run/global_step5/zero_pp_rank_{n}_mp_rank_00_optim_states.pt": part for n in range(2)}
    files |= {
        "run/global_step5/mp_rank_00_model_states.pt": part,
        "run/latest": b"global_step5",
        "run/zero_to_fp32.py": b"#" * 50,
    }
    (found,) = Lab(files).sets()
    assert (found.prefix, found.format, found.shards, found.file_count) == ("run/", "deepspeed", 3, 5)


def test_nemo_folder_holds_one_model_and_not_a_distributed_checkpoint_too() -> None:
    files = genuine_tree("dcp", "nemo/weights") | {
        "nemo/context/model.yaml": b"a: 1\n" * 20,
        "nemo/context/io.json": b"{}" * 20,
    }
    (found,) = Lab(files).sets()
    assert (found.prefix, found.format, found.file_count) == ("nemo/", "nemo", 4)


def test_onnx_takes_its_external_data_along() -> None:
    (found,) = Lab(genuine_tree("onnx_external", "vision")).sets()
    assert (found.prefix, found.format, found.file_count) == ("vision/", "onnx", 2)


def test_openvino_is_description_and_blob() -> None:
    lab = Lab(
        {
            "ov/net.xml": DESCRIPTION,
            "ov/net.bin": bytes(999),
        }
    )
    (found,) = lab.sets()
    assert (found.format, found.note, found.file_count) == ("other", "OpenVINO", 2)


def test_one_array_a_parameter_is_one_model() -> None:
    (found,) = Lab({f"m/layers.{n}.weight.npy": npy((8, 8)) for n in range(3)}).sets()
    assert (found.format, found.shards, found.parameters) == ("numpy", 3, 192)


def test_a_denied_read_leaves_the_name_and_says_so() -> None:
    keys = ["m/model.safetensors", "m/pytorch_model.bin", "fw/firmware.bin", "app/locale/pt.pt"]
    lab = Lab(dict.fromkeys(keys, bytes(500)), denied=keys)
    assert {(item.prefix, item.confidence) for item in lab.sets()} == {(keys[0], "name"), (keys[1], "name")}
    assert {row.examined for row in lab.rows()} == {"denied"}


def test_denied_shards_beside_an_index_keep_together() -> None:
    shards = _under("m", _shards(3))
    lab = Lab(shards | {"m/model.safetensors.index.json": _index(_shards(3))}, denied=shards)
    (found,) = lab.sets()
    assert (found.shards, found.file_count, found.confidence) == (3, 4, "header")


def test_archived_objects_are_not_read_and_stand_by_name() -> None:
    obj = ListedObject("m/model.safetensors", 10**9, None, "DEEP_ARCHIVE")
    scan = StoreScan("store")
    scan.offer(obj)
    assert scan.plan() == []
    (row,) = scan.rows([obj])
    assert (row.format, row.confidence, row.examined, row.note) == (
        "safetensors",
        "name",
        "archived",
        "archived",
    )


def test_the_reading_budget_is_kept_and_told() -> None:
    files = {f"m{n}/model.safetensors": safetensors({"a.weight": (4,)}) for n in range(20)}
    lab = Lab(files | {f"img/{n}.jpg": bytes(100 + n) for n in range(20)})
    rows = lab.rows(budget=8)
    assert len(lab.spent) == 8
    assert sum(key.startswith("img/") for key in lab.spent) == 2
    assert sum(row.examined == "budget" for row in rows) == 32
    assert sum(row.confidence == "header" for row in rows) == 6


def test_every_folder_gets_a_read_before_any_gets_many() -> None:
    crowd = {f"crowd/{n:03}.pt": torch_zip({"a.weight": (4,)}) for n in range(100)}
    lab = Lab(crowd | {"zoo/model.safetensors": safetensors({"a": (4,)})})
    lab.rows(budget=12)
    assert "zoo/model.safetensors" in lab.spent


def test_sets_are_the_same_in_any_order_and_every_run() -> None:
    shards = _under("m", _shards(3)) | genuine_tree("orbax", "o") | {"a.gguf": genuine("tiny.gguf")}
    rows = Lab(shards).rows()
    assert assemble(rows) == assemble(reversed(rows)) == Lab(dict(reversed(shards.items()))).sets()


def test_a_large_set_keeps_its_first_thousand_files() -> None:
    (found,) = Lab(_under("m", _shards(1_100))).sets(budget=50)
    assert (found.file_count, len(found.files), found.files_truncated) == (1_100, 1_000, True)
    assert found.files[0].key < found.files[-1].key == "m/model-01000-of-01100.safetensors"


def test_weight_bytes_reach_nothing_that_is_written() -> None:
    secret = b"SECRETWEIGHTBYTES"
    data = safetensors({"a.weight": (8, 17)}, fill=secret)[: len(safetensors({"a.weight": (8, 17)}))]
    assert secret in data
    lab = Lab({"m/model.safetensors": data, "m/noise.bin": secret * 100, "m/broken.safetensors": data[:-9]})
    assert "SECRETWEIGHT" not in repr(lab.rows()) + repr(lab.sets())


def test_settling_out_of_order_from_threads_changes_nothing() -> None:
    lab = Lab(_under("m", _shards(3)))
    scan = StoreScan("arn:aws:s3:::lab")
    for obj in lab.listing():
        scan.offer(obj)
    for obj in reversed(scan.plan()):
        scan.settle(obj, examine(obj, lab.read))
    assert assemble(scan.rows(lab.listing())) == lab.sets()


def test_sealed_weights_are_opaque_not_clean() -> None:
    sealed = {
        "m/model.safetensors.age": b"age-encryption.org/v1\n" + bytes(300),
        "m/llama.gguf.enc": bytes(range(256)) * 3,
    }
    lab = Lab(sealed | {"backup/photos.tar.enc": b"Salted__" + bytes(300)})
    assert {(item.prefix, item.format, item.confidence, item.note) for item in lab.sets()} == {
        (key, "other", "name", "encrypted archive") for key in sealed
    }
