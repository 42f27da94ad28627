# Runs with: neighbours. Server: chat.
"""Answers whole and in pieces, by OpenAI's Python client."""

import openai

MODEL = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"
ASK = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    "max_tokens": 20,
    "temperature": 0,
}

client = openai.OpenAI()
raw = client.chat.completions.with_raw_response.create(**ASK)
assert raw.headers["x-tutti-served-by"].split(" at ")[1].startswith("127.0.0.1:")
whole = raw.parse()
assert whole.model == MODEL

text = ""
with client.chat.completions.create(**ASK, stream=True) as stream:
    for chunk in stream:
        assert chunk.model == MODEL
        text += chunk.choices[0].delta.content or ""
assert text == whole.choices[0].message.content

try:
    client.chat.completions.create(**ASK | {"messages": []})
    raise AssertionError("an empty conversation was answered")
except openai.BadRequestError as error:
    assert error.body["message"] == "`messages` is an empty list; send at least one message"
