"""Makes the model folders that every contestant reads: folders.py SHAPE BUNDLED OUT CALIBRATION.

SHAPE: bge-small (BUNDLED's real weights), bge-base, bge-large (random weights), reranker (bge-small's body, a random head).
BUNDLED: the distribution's folder of bge-small, with its ONNX file and tokenizer. CALIBRATION: a JSON array of texts.
OUT: config.json, model.safetensors, modules.json and the tokenizer; onnx/model.onnx and model_int8.onnx (dynamic, per channel);
openvino/openvino_model.xml and openvino_model_int8.xml (NNCF, calibrated on the texts).
"""

import json
import shutil
import sys
from pathlib import Path

import numpy
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertForSequenceClassification, BertModel

SIZES = {"bge-small": (384, 12, 12, 1536), "bge-base": (768, 12, 12, 3072), "bge-large": (1024, 24, 16, 4096)}
POOLING = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def config(shape, **more):
    hidden, layers, heads, intermediate = SIZES[shape]
    return BertConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=intermediate,
        vocab_size=30522,
        **more,
    )


def weights(file):
    """The ONNX file's tensors under Hugging Face's names. Products' weights carry none: their nodes' paths say whose they are."""
    graph = onnx.load(file).graph
    tensors = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    found = {name: value for name, value in tensors.items() if not name.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "MatMul" and len(node.input) > 1 and node.input[1] in tensors:
            layer = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            found[layer + ".weight"] = numpy.ascontiguousarray(tensors[node.input[1]].T)
    return {name: torch.from_numpy(value.copy()) for name, value in found.items()}


def fill(body, file, beside="none."):
    """Gives a body the file's weights; only those that begin with `beside` stay as they are."""
    known = body.state_dict()
    real = {name: value for name, value in weights(file).items() if name in known}
    missing = [name for name in known if name not in real and not name.startswith(beside)]
    if missing:
        raise SystemExit(f"{file} has no {', '.join(missing[:3])}, … ({len(missing)} tensors)")
    body.load_state_dict(real, strict=False)


def body(shape, bundled):
    torch.manual_seed(1)
    if shape == "reranker":
        model = BertForSequenceClassification(config("bge-small", num_labels=1, classifier_dropout=0.0))
        fill(model.bert, bundled / "model.onnx", beside="pooler.")
        model.classifier.weight.data.mul_(10)  # scores that differ
        return model.eval()
    model = BertModel(config(shape), add_pooling_layer=False)
    if shape == "bge-small":
        fill(model, bundled / "model.onnx")
    return model.eval()


def export(model, file):
    names = ["input_ids", "attention_mask", "token_type_ids"]
    output = "logits" if isinstance(model, BertForSequenceClassification) else "last_hidden_state"
    example = tuple(torch.ones(2, 8, dtype=torch.long) for _ in names)
    torch.onnx.export(
        model,
        example,
        file,
        input_names=names,
        output_names=[output],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
        dynamo=False,
        opset_version=17,
    )


def descriptions(model, folder, shape):
    if shape == "reranker":
        return
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": model.config.hidden_size}
    pooling |= {f"pooling_mode_{mode}": mode == "cls_token" for mode in POOLING}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
        for i, (path, kind) in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 512, "do_lower_case": False}))


def calibration(folder, texts):
    from engines import padded, tokenizer

    encoder = tokenizer(folder)
    return [padded([one]) for one in encoder.encode_batch(texts)]


def int8(folder, texts):
    import nncf
    import openvino
    from onnxruntime.quantization import QuantType, quantize_dynamic

    file = folder / "onnx" / "model.onnx"
    quantize_dynamic(file, folder / "onnx" / "model_int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    graph = openvino.Core().read_model(file)
    (folder / "openvino").mkdir()
    openvino.save_model(graph, folder / "openvino" / "openvino_model.xml", compress_to_fp16=False)
    data = nncf.Dataset(calibration(folder, texts))
    graph = nncf.quantize(graph, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(texts))
    openvino.save_model(graph, folder / "openvino" / "openvino_model_int8.xml", compress_to_fp16=False)


def main():
    shape, bundled, out, texts = sys.argv[1], *map(Path, sys.argv[2:5])
    shutil.rmtree(out, ignore_errors=True)
    making = out.with_name(out.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    (making / "onnx").mkdir(parents=True)
    model = body(shape, bundled)
    model.save_pretrained(making)
    for name in TOKENIZER:
        shutil.copy(bundled / name, making / name)
    descriptions(model, making, shape)
    with torch.no_grad():
        export(model, making / "onnx" / "model.onnx")
    int8(making, json.loads(texts.read_text()))
    making.rename(out)


if __name__ == "__main__":
    main()
