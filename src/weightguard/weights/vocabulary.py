"""Telling parameters from data by the names, element types and shapes of arrays.

NumPy, HDF5, pickle and PyTorch files hold arrays of any kind. The rule, in order: arrays must be of a floating-point (or
quantised) type; then the array names vote; then the shapes (a chain of layers has matrices that share a dimension, with
bias vectors beside them); then the file's own name and folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Literal

Kind = Literal["parameters", "data", "unclear"]


def words(text: str) -> frozenset[str]:
    """A set of words from a text of them."""
    return frozenset(text.split())


_LOOKED_AT = 5_000
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PARAMETER = words(
    """
    weight weights bias biases kernel kernels gamma beta attn attention mlp ffn qkv proj projection lm head
    wte wpe layernorm batchnorm norm ln bn conv conv1d conv2d dense linear lstm gru rnn encoder decoder
    transformer block blocks layer layers params param parameters lora codebook theta coef coefs intercept
    state dict module model backbone generator discriminator ema embedding embed fc running moving recurrent
    residual expert experts alpha unet vae scale quantizer query key wq wk wv wo
    """
)
_LEAVES = words(
    "weight weights bias biases kernel gamma beta scale running_mean running_var moving_mean moving_variance embedding"
)
_SHORT_PARAMETER = re.compile(r"^[wWbB](?:_?(?:\d{1,3}|h|x|hh|ih|xh|hy|out|in))?$")
# Words that mean data wherever they stand, and words that mean it only when no parameter's word stands beside them.
_DATA = words(
    """
    x y xs ys train test val valid validation data dataset datasets samples sample labels label targets target
    imgs photo photos spectrogram spectrograms waveform texts ids indices timestamps timestamp times lat lon
    latitude longitude pixels filenames filename frames measurements observations points mask masks corpus vocab
    vocabulary records rows columns history metrics metric losses accuracy predictions prediction logits results
    result similarity distances vectors series prices price temperature ecg eeg dates ratings rating splits folds
    statistics annotations boxes bbox landmarks rewards reward trajectory trajectories replay activations
    attentions captions prompts completions documents queries answers questions utterances episodes
    observation observations transitions
    """
)
# Words that mean data together, though each of them alone does not.
_DATA_PAIRS = frozenset(
    ("hidden", word) for word in ("states", "state")
) | frozenset(
    (("past", "key"), ("past", "keys"), ("key", "cache"), ("value", "cache"), ("kv", "cache"), ("cached", "keys"),
     ("pooler", "output"), ("pooled", "output"), ("last", "hidden"), ("residual", "stream"), ("attention", "scores"),
     ("attention", "weights"), ("attn", "weights"), ("attention", "probs"), ("rng", "state"), ("mlp", "out"), ("mlp", "output"),
     ("attn", "out"), ("attn", "output"), ("resid", "pre"), ("resid", "post"), ("hook", "resid"), ("layer", "acts"),
     ("sample", "weight"), ("sample", "weights"), ("exp", "avg"), ("momentum", "buffer"))
)  # fmt: skip
# What parameter-efficient tuning calls its few tensors (peft, get_peft_model_state_dict), and textual inversion its one.
_TUNED = words(
    """
    prompt_embeddings prompt_embedding soft_prompt soft_prompt_embeddings prefix_embeddings emb_params string_to_param
    prompt_encoder ia3_l vera_lambda_b vera_lambda_d clip_g clip_l
    """
)
_PERHAPS_DATA = words(
    """
    features feature images image audio tokens token text time loss scores score embeddings signal signals sensor
    sensors date inputs input outputs output class classes category categories user users item items split fold
    stats noise latents latent actions t z
    """
)
_MODEL_PATH = words(
    """
    weight weights model models param params parameters checkpoint checkpoints ckpt ckpts pretrained
    finetuned finetune network net nets encoder decoder transformer bert gpt llama mistral qwen gemma resnet
    vit clip unet vae lora adapter adapters classifier regressor estimator backbone generator discriminator
    lm llm snapshot layer layers kernel bias embedding wte wpe policy pytorch torch flax keras onnx release
    released
    """
)
# Folders and files are called "user", "input" or "release" for other reasons than holding data.
_NO_DATA_PATH = words("x y split class item time stats t z token text audio image input output user")
_DATA_PATH = ((_DATA | _PERHAPS_DATA) - _NO_DATA_PATH) | words(
    """
    raw csv parquet features dataloader dataloaders cache preprocessed processed mnist cifar imagenet iris
    activations acts latents embeddings
    """
)

_FLOAT = re.compile(
    r"^(?:[<>=|]?f\d+|v2|[<>=|]?c\d+|b?float\w*|bf16|half|double|q?u?int4|float8\w*|f\d+\w*|complex\w*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Array:
    """An array as a header describes it: its dotted name, element type and shape (None when not known)."""

    name: str
    dtype: str
    shape: tuple[int, ...] | None


def tokens(name: str) -> list[str]:
    """Split a name into lower-case words: ``layers.0.attn_q`` gives layers, 0, attn, q."""
    return [token.lower() for token in _TOKEN.findall(name[:512])]


def is_floating(dtype: str) -> bool:
    """Whether an element type, in any library's spelling, is a floating-point one."""
    return bool(_FLOAT.match(dtype))


def name_kind(name: str) -> Kind:
    """What one array name says.

    A dotted path that ends in a parameter's own word (``embeddings.word.weight``) is a parameter; else a data word outweighs,
    so ``sample_weight`` and ``attention_mask`` are data.
    """
    components = re.split(r"[./\s]", name)
    last = components[-1].split(":")[0]
    if components[0].lower() in _TUNED or last.lower() in _TUNED:
        return "parameters"
    if len(components) > 1 and (last.lower() in _LEAVES or last.startswith(("lora_", "weight_", "bias_"))):
        return "parameters"
    return _words_kind([word for word in tokens(name) if not word.isdigit()])


def _words_kind(said: list[str]) -> Kind:
    """What the words of an array's name say, when its path says nothing."""
    if any(pair in _DATA_PAIRS for pair in pairwise(said)) and said[-1] not in ("kernel", "bias"):
        return "data"
    if any(word in _DATA for word in said) or said[:2] in (["class", "weight"], ["class", "weights"]):
        deep = sum(word in _PARAMETER for word in said) >= 2
        return "parameters" if deep and said[-1] in _LEAVES else "data"
    if any(word in _PARAMETER for word in said):
        return "parameters"
    return "data" if any(word in _PERHAPS_DATA for word in said) else "unclear"


def names_kind(names: Iterable[str]) -> Kind:
    """What the names of a file's arrays say together: the majority of those that say anything.

    Short names such as ``W1`` count when a ``b`` stands beside them: a lone matrix ``B`` is anything.
    """
    votes = {"parameters": 0, "data": 0, "unclear": 0}
    short: set[str] = set()
    for name in islice(names, _LOOKED_AT):
        last = re.split(r"[./\s]", name)[-1]
        if _SHORT_PARAMETER.match(last):
            short.add(last[0].lower())
        votes[name_kind(name)] += 1
    if short == {"w", "b"}:
        votes["parameters"] += 2
    if votes["parameters"] == votes["data"]:
        return "unclear"
    return "parameters" if votes["parameters"] > votes["data"] else "data"


def path_kind(path: str) -> Kind:
    """What a key says: the file's stem first, then its folders from the nearest outwards."""
    parts = path.split("/")[-4:]
    for depth, part in enumerate(reversed(parts)):
        said = tokens(part if depth else part.split(".", 1)[0] or part)
        if any(word in _DATA_PATH for word in said):
            return "data"
        if any(word in _MODEL_PATH for word in said):
            return "parameters"
    return "unclear"


def looks_like_layers(shapes: Sequence[tuple[int, ...]]) -> bool:
    """Whether shapes chain as layers do: the output size of one matrix is the input size of another.

    A table and its labels share their first dimension only, so they do not chain. One matrix with a vector as long as its
    last dimension (a Keras-style dense layer) counts when the matrix is not square.
    """
    matrices = [shape for shape in shapes if len(shape) >= 2][:256]
    vectors = {shape[0] for shape in shapes if len(shape) == 1}
    if len(matrices) == 1:
        first, last = matrices[0][0], matrices[0][-1]
        return first != last and last in vectors and first not in vectors and last > 1
    seen: list[tuple[int, ...]] = []
    for matrix in matrices:
        if any(_chained(earlier, matrix, vectors) for earlier in seen[-8:]):
            return True
        seen.append(matrix)
    return False


def _chained(left: tuple[int, ...], right: tuple[int, ...], vectors: set[int]) -> bool:
    """Whether what `left` gives is what `right` takes, stored as (inputs, outputs) or as (outputs, inputs).

    A square matrix chains with anything of its size, so then a bias vector must stand beside.
    """
    for link, start, end in ((left[-1], right[0], right[-1]), (left[0], right[-1], right[0])):
        if link == start and link > 1:
            oblong = left[0] != left[-1] and right[0] != right[-1]
            if oblong or (link in vectors and (left[0] != left[-1] or end != start)):
                return True
    return False


def arrays_kind(arrays: Sequence[Array], path: str) -> Kind:
    """Judge the arrays of one file (see the module's text for the rule)."""
    if not any(is_floating(array.dtype) for array in arrays):
        return "data"
    names = names_kind(array.name for array in arrays)
    if names != "unclear":
        return names
    if looks_like_layers([array.shape for array in arrays if array.shape is not None]):
        return "parameters"
    return path_kind(path)
