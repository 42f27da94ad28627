"""Weight files in the formats, prefixes and spellings that published folders have."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def round_through(model: torch.nn.Module, dtype: torch.dtype) -> None:
    """What is computed with is what the file can hold."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.to(dtype).float())


def write(folder: Path, model: torch.nn.Module, family, classifier: bool, dtype: torch.dtype, deal) -> str:
    """Writes a model's tensors; returns a note of how."""
    tensors = {
        name: value.detach().to(dtype) if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    notes = []
    if not classifier:
        prefix = deal("prefix", ["", "", family.prefix])
        tensors = {prefix + name: value for name, value in tensors.items()}
        if prefix and deal("heads of pre-training", [False, True]):
            tensors["cls.predictions.bias"] = torch.zeros(11, dtype=dtype)
            tensors["lm_head.dense.weight"] = torch.ones(3, 5, dtype=dtype)
        notes.append(f"prefix '{prefix}'")
    if deal("wrapper", ["", "", "", "module."]):
        tensors = {"module." + name: value for name, value in tensors.items()}
        notes.append("module.")
    if deal("stray buffers", [False, True]):
        stem = next(name for name in tensors if "embeddings.LayerNorm" in name or "embeddings.norm" in name).split(
            "embeddings."
        )[0]
        tensors[stem + "embeddings.position_ids"] = torch.arange(model.config.max_position_embeddings).unsqueeze(0)
        tensors[stem + "embeddings.token_type_ids"] = torch.zeros(1, 4, dtype=torch.int64)
        notes.append("buffers")
    if deal("norms' names", ["weight", "weight", "gamma"]) == "gamma" and family.name == "bert":
        old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        for new, name in [(new, name) for name in list(tensors) for new in old if name.endswith(new)]:
            tensors[name.removesuffix(new) + old[new]] = tensors.pop(name)
        notes.append("gamma and beta")
    if deal("norms' type", ["as all", "as all", "F32"]) == "F32":
        tensors = {
            name: value.float() if "norm" in name.lower() and value.is_floating_point() else value
            for name, value in tensors.items()
        }
        notes.append("norms in F32")
    form = deal(
        "weights",
        [
            "safetensors",
            "safetensors",
            "safetensors shards",
            "torch",
            "old torch",
            "torch shards",
            "torch parameters",
            "torch views",
        ],
    )
    _FORMS[form](folder, tensors)
    return ", ".join([form, *notes])


def write_module(folder: Path, module: torch.nn.Module, deal) -> None:
    """The tensors of a Dense or LayerNorm module, beside its config.json."""
    tensors = {name: value.detach().clone() for name, value in module.state_dict().items()}
    if deal("module's weights", ["safetensors", "torch"]) == "safetensors":
        save_file(tensors, folder / "model.safetensors")
    else:
        torch.save(tensors, folder / "pytorch_model.bin")


def _safetensors(folder: Path, tensors: dict) -> None:
    save_file(
        {name: value.contiguous() for name, value in tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )


def _torch(folder: Path, tensors: dict) -> None:
    torch.save(tensors, folder / "pytorch_model.bin")


def _torch_parameters(folder: Path, tensors: dict) -> None:
    _torch(
        folder,
        {name: torch.nn.Parameter(value) if value.is_floating_point() else value for name, value in tensors.items()},
    )


def _torch_views(folder: Path, tensors: dict) -> None:
    """All tensors of a type in one storage, matrices turned."""
    views = {}
    for dtype in {value.dtype for value in tensors.values()}:
        same = {
            name: value.t() if value.dim() == 2 else value for name, value in tensors.items() if value.dtype == dtype
        }
        storage = torch.cat([value.reshape(-1) for value in same.values()])
        offset = 0
        for name, value in same.items():
            view = storage[offset : offset + value.numel()].view(value.shape)
            views[name] = view.t() if value.dim() == 2 else view
            offset += value.numel()
    _torch(folder, views)


def _old_torch(folder: Path, tensors: dict) -> None:
    torch.save(tensors, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)


def _shards(save, stem: str, extension: str):
    def write_shards(folder: Path, tensors: dict) -> None:
        names = list(tensors)
        parts = [names[0::3], names[1::3], names[2::3]]
        files = [f"{stem}-{i + 1:05}-of-{len(parts):05}.{extension}" for i in range(len(parts))]
        for part, file in zip(parts, files):
            save({name: tensors[name].contiguous() for name in part}, folder / file)
        weight_map = {name: file for part, file in zip(parts, files) for name in part}
        total = sum(value.nbytes for value in tensors.values())
        (folder / f"{stem}.{extension}.index.json").write_text(
            json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map})
        )

    return write_shards


_FORMS = {
    "safetensors": _safetensors,
    "safetensors shards": _shards(
        lambda tensors, file: save_file(tensors, file, metadata={"format": "pt"}), "model", "safetensors"
    ),
    "torch": _torch,
    "old torch": _old_torch,
    "torch parameters": _torch_parameters,
    "torch views": _torch_views,
    "torch shards": _shards(torch.save, "pytorch_model", "bin"),
}
