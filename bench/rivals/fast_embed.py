"""FastEmbed on a folder of folders.py's: texts in."""

import protocol
from engines import tokenizer
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType

NAME = "local/bge-small-en-v1.5"


class FastEmbed(protocol.Contestant):
    takes = "texts"

    def load(self, order):
        TextEmbedding.add_custom_model(
            NAME, PoolingType.CLS, normalization=True, sources=ModelSource(hf=NAME), dim=384, model_file="onnx/model.onnx"
        )
        self.tokenizer = tokenizer(order["folder"])
        self.model = TextEmbedding(NAME, specific_model_path=order["folder"], threads=order["threads"])
        return f"{order['threads']} threads"

    def count(self, prepared):
        return [len(one.ids) for one in self.tokenizer.encode_batch(prepared)]

    def compute(self, batches):
        return [list(self.model.embed(batch, batch_size=len(batch))) for batch in batches]


if __name__ == "__main__":
    protocol.serve(FastEmbed())
