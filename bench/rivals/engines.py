"""ONNX Runtime, OpenVINO and PyTorch on a BERT model, and sentence-transformers over each of them: engines.py ENGINE PRECISION.

ENGINE: onnxruntime, openvino, pytorch (token ids in), st-pytorch, st-onnx, st-openvino, cross-encoder (texts in).
Folders are what folders.py makes.
"""

import os
import sys
from pathlib import Path

import numpy
import protocol
from tokenizers import Tokenizer

MOST_TOKENS = 512


def tokenizer(folder):
    found = Tokenizer.from_file(str(Path(folder, "tokenizer.json")))
    found.no_padding()
    found.enable_truncation(MOST_TOKENS)
    return found


def padded(encodings):
    """Input arrays of a batch, padded to its longest text."""
    shape = (len(encodings), max(len(one.ids) for one in encodings))
    inputs = {name: numpy.zeros(shape, numpy.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
    for row, one in enumerate(encodings):
        inputs["input_ids"][row, : len(one.ids)] = one.ids
        inputs["attention_mask"][row, : len(one.ids)] = 1
        inputs["token_type_ids"][row, : len(one.ids)] = one.type_ids
    return inputs


def pooled(states):
    """The first token's last hidden state, to length 1; a reranker's scores as they are."""
    if states.ndim == 2:
        return states
    first = states[:, 0].astype(numpy.float32)
    return first / numpy.linalg.norm(first, axis=1, keepdims=True)


class OverIds(protocol.Contestant):
    def __init__(self, precision):
        self.precision = precision

    def prepare(self, texts):
        return self.tokenizer.encode_batch(texts)

    def count(self, prepared):
        return [len(one.ids) for one in prepared]


class OnnxRuntime(OverIds):
    def load(self, order):
        import onnxruntime

        self.tokenizer = tokenizer(order["folder"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = order["threads"]
        options.inter_op_num_threads = 1
        name = "model_int8.onnx" if self.precision == "int8" else "model.onnx"
        file = Path(order["folder"], "onnx", name)
        self.session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.wanted = {one.name for one in self.session.get_inputs()}
        return f"{order['threads']} threads"

    def compute(self, batches):
        found = []
        for batch in batches:
            inputs = {name: value for name, value in padded(batch).items() if name in self.wanted}
            found.append(pooled(self.session.run(None, inputs)[0]))
        return found


class OpenVino(OverIds):
    """As many streams as cores, each with requests of its own under way: its best form for many texts."""

    def load(self, order):
        import openvino

        self.tokenizer = tokenizer(order["folder"])
        name = "openvino_model_int8.xml" if self.precision == "int8" else "openvino_model.xml"
        core, threads = openvino.Core(), order["threads"]
        settings = {
            "INFERENCE_PRECISION_HINT": "f32" if self.precision == "f32" else "bf16",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        }
        model = core.compile_model(core.read_model(Path(order["folder"], "openvino", name)), "CPU", settings)
        self.queue = openvino.AsyncInferQueue(model, 2 * threads if threads > 1 else 1)
        self.wanted = {name for one in model.inputs for name in one.names}
        self.queue.set_callback(self.take)
        return f"{threads} streams, AsyncInferQueue"

    def take(self, request, place):
        self.found[place] = pooled(request.get_output_tensor(0).data)

    def compute(self, batches):
        self.found = [None] * len(batches)
        for place, batch in enumerate(batches):
            inputs = {name: value for name, value in padded(batch).items() if name in self.wanted}
            self.queue.start_async(inputs, place)
        self.queue.wait_all()
        return self.found


class PyTorch(OverIds):
    def load(self, order):
        import torch
        from transformers import AutoModel

        torch.set_num_threads(order["threads"])
        self.tokenizer = tokenizer(order["folder"])
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        self.model = AutoModel.from_pretrained(order["folder"], add_pooling_layer=False).eval().to(dtype)
        return f"{order['threads']} threads, {self.model.config._attn_implementation} attention"

    def compute(self, batches):
        import torch

        found = []
        with torch.inference_mode():
            for batch in batches:
                inputs = {name: torch.from_numpy(value) for name, value in padded(batch).items()}
                found.append(pooled(self.model(**inputs).last_hidden_state.float().numpy()))
        return found


class SentenceTransformers(protocol.Contestant):
    """Texts in; it sorts them by length itself, so a batch here is all of them and `batch` is its own parameter."""

    takes = "texts"

    def __init__(self, backend, precision):
        self.backend = backend
        self.precision = precision

    def load(self, order):
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(order["threads"])
        self.tokenizer = tokenizer(order["folder"])
        self.model = SentenceTransformer(order["folder"], device="cpu", backend=self.backend, model_kwargs=self.arguments(order))
        return f"{order['threads']} threads"

    def arguments(self, order):
        threads = order["threads"]
        if self.backend == "torch":
            return {"torch_dtype": "bfloat16" if self.precision == "bf16" else "float32"}
        if self.backend == "onnx":
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            name = "model_int8.onnx" if self.precision == "int8" else "model.onnx"
            return {"file_name": "onnx/" + name, "provider": "CPUExecutionProvider", "session_options": options}
        name = "openvino_model_int8.xml" if self.precision == "int8" else "openvino_model.xml"
        hint = "f32" if self.precision == "f32" else "bf16"
        config = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": "1"}
        return {"file_name": "openvino/" + name, "ov_config": config}

    def count(self, prepared):
        return [len(one.ids) for one in self.tokenizer.encode_batch(prepared)]

    def compute(self, batches):
        texts = [text for batch in batches for text in batch]
        found = self.model.encode(texts, batch_size=len(batches[0]), show_progress_bar=False, normalize_embeddings=True)
        cut, begin = [], 0
        for batch in batches:
            cut.append(found[begin : begin + len(batch)])
            begin += len(batch)
        return cut


class CrossEncoders(protocol.Contestant):
    """Pairs of a query and a document in, scores out."""

    takes = "texts"

    def __init__(self, precision):
        self.precision = precision

    def load(self, order):
        import torch
        from sentence_transformers import CrossEncoder

        torch.set_num_threads(order["threads"])
        self.tokenizer = tokenizer(order["folder"])
        dtype = "bfloat16" if self.precision == "bf16" else "float32"
        self.model = CrossEncoder(order["folder"], device="cpu", model_kwargs={"torch_dtype": dtype})
        return f"{order['threads']} threads"

    def count(self, prepared):
        return [len(one.ids) for one in self.tokenizer.encode_batch(prepared)]

    def compute(self, batches):
        return [self.model.predict(batch, batch_size=len(batch), show_progress_bar=False) for batch in batches]


def main():
    engine, precision = sys.argv[1:3]
    match engine:
        case "onnxruntime":
            contestant = OnnxRuntime(precision)
        case "openvino":
            contestant = OpenVino(precision)
        case "pytorch":
            contestant = PyTorch(precision)
        case "cross-encoder":
            contestant = CrossEncoders(precision)
        case _:
            backend = {"st-pytorch": "torch", "st-onnx": "onnx", "st-openvino": "openvino"}[engine]
            contestant = SentenceTransformers(backend, precision)
    protocol.serve(contestant)


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    main()
