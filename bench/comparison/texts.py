"""What is embedded: texts of exact lengths, lengths as people's texts have them, and English prose."""

import json
import math
import random
import statistics

MOST_TOKENS = 512
MEDIAN, TENTH = 79, 258  # tokens: half of the mixed texts are longer than the one, a tenth than the other
ACCURACY, CALIBRATION = 500, 200


class Words:
    """English words of one token each, so that a text's tokens are its words and the two special ones."""

    def __init__(self, tokenizer):
        vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
        common = sorted((number, word) for word, number in vocabulary.items() if word.isascii() and word.isalpha() and word.islower())
        self.words = [word for number, word in common if len(word) > 2][:4000]

    def text(self, tokens, seed):
        return " ".join(random.Random(seed * 1009 + tokens).choices(self.words, k=tokens - 2))

    def texts(self, lengths, seed=0):
        return [self.text(length, seed + i) for i, length in enumerate(lengths)]


def mixed(count):
    """Log-normal lengths, cut at 512: the distribution's own quantiles, so that few stand for many, in random order."""
    deviation = math.log(TENTH / MEDIAN) / 1.2816
    normal = statistics.NormalDist()
    lengths = [MEDIAN * math.exp(deviation * normal.inv_cdf((i + 0.5) / count)) for i in range(count)]
    lengths = [min(MOST_TOKENS, max(3, round(length))) for length in lengths]
    random.Random(MEDIAN).shuffle(lengths)
    return lengths


def prose():
    """Texts for accuracy and others to calibrate on: paragraphs of Python's own manual, which every machine with Python has."""
    from pydoc_data import topics

    found = set()
    for topic in topics.topics.values():
        for paragraph in topic.split("\n\n"):
            text = " ".join(paragraph.split())
            plain = sum(letter.isalpha() or letter in " ,.'" for letter in text)
            if 50 < len(text) < 2000 and text[0].isupper() and plain > 0.85 * len(text):
                found.add(text)
    chosen = sorted(found)
    random.Random(11).shuffle(chosen)
    return chosen[:ACCURACY], chosen[ACCURACY : ACCURACY + CALIBRATION]
