"""Serves two tiny Llamas over OpenAI's API by "transformers serve", somebody else's chat server.

    python serve.py FOLDER

Whatever they are asked, they say the signs of ASCII that follow the colon, one after the other. FOLDER/alphabet ends with
the last, FOLDER/endless begins anew. It prints where it listens.
"""

import os
import sys
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.cli.transformers import main

TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"
SAID = [chr(code) for code in range(ord("!"), ord("~") + 1)]


def make(folder: Path, endless: bool) -> None:
    """Writes a model that reads bytes."""
    vocabulary = {letter: n for n, letter in enumerate([*sorted(pre_tokenizers.ByteLevel.alphabet()), "<s>", "</s>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    wrapped.chat_template = TEMPLATE
    wrapped.save_pretrained(folder)

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16_384,
        bos_token_id=vocabulary["<s>"],
        eos_token_id=vocabulary["</s>"],
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        # The layer adds nothing, so the last token's own embedding decides: it is likest the one that follows it.
        model.model.layers[0].self_attn.o_proj.weight.zero_()
        model.model.layers[0].mlp.down_proj.weight.zero_()
        embeddings = model.model.embed_tokens.weight.normal_()
        for token, following in zip(SAID, [*SAID[1:], SAID[0] if endless else "</s>"]):
            model.lm_head.weight[vocabulary[following]] = embeddings[vocabulary[token]]
    model.save_pretrained(folder)


if __name__ == "__main__":
    torch.set_num_threads(1)
    where = Path(sys.argv[1])
    make(where / "alphabet", endless=False)
    make(where / "endless", endless=True)
    sys.argv = ["transformers", "serve", "--host", "127.0.0.1", "--port", "0", "--device", "cpu"]
    main()
