"""How bench/compare talks to a contestant: one JSON object a line on standard input, each answered with one on standard output.

load: folder, precision, threads, kind (embedding, rerank); what else a contestant needs is in its command line
texts: name, file (a JSON array of texts), query where they are documents of a rerank call -> tokens, batch
turn: name, seconds -> tokens, seconds, cpu: passes over all texts of that name until the time is over
vectors: name, file -> dimensions; the vectors, or scores, go to the file as little-endian float32
"""

import json
import os
import sys
import time

TUNE_SECONDS = 0.2
SAMPLE_TOKENS = 2048


class Contestant:
    """What an engine has to bring: load, and compute over token ids or texts in batches."""

    takes = "ids"
    batches = (1, 4, 8, 16, 32)

    def load(self, order):
        raise NotImplementedError

    def prepare(self, texts):
        """Whatever of the work is not timed: token ids, where the engine takes them."""
        return texts

    def count(self, prepared):
        """Tokens of each prepared text."""
        raise NotImplementedError

    def compute(self, batches):
        """Vectors of each batch's texts, in a list of arrays."""
        raise NotImplementedError


class Set:
    def __init__(self, contestant, order):
        with open(order["file"], encoding="utf-8") as file:
            texts = json.load(file)
        if "query" in order:
            texts = [(order["query"], text) for text in texts]
        self.texts = contestant.prepare(texts)
        self.lengths = contestant.count(self.texts)
        self.tokens = sum(self.lengths)
        self.ordered = sorted(range(len(texts)), key=lambda i: -self.lengths[i])

    def cut(self, batch):
        """Batches of texts sorted by length, the longest first, and where each text came from."""
        places = [self.ordered[i : i + batch] for i in range(0, len(self.ordered), batch)]
        return places, [[self.texts[i] for i in batch] for batch in places]

    def sample(self):
        """A few texts to choose the batch size by: neighbours in the order of length, as batches will hold them."""
        chosen, tokens = [], 0
        for begin in (len(self.ordered) * 3 // 10, len(self.ordered) * 7 // 10):
            for i in self.ordered[begin : begin + 16]:
                chosen.append(self.texts[i])
                tokens += self.lengths[i]
                if tokens > SAMPLE_TOKENS:
                    return chosen
        return chosen


def serve(contestant):
    """Carries orders out until there are no more. Whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sets = {}
    for line in sys.stdin:
        try:
            answer = carry_out(contestant, sets, json.loads(line))
        except Exception as error:  # the next order may succeed
            import traceback

            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        print(json.dumps(answer), file=answers, flush=True)


def carry_out(contestant, sets, order):
    if order["do"] == "load":
        begin = time.perf_counter()
        form = contestant.load(order)
        return {"seconds": time.perf_counter() - begin, "form": form}
    name = order["name"]
    if order["do"] == "texts":
        found = sets[name] = Set(contestant, order)
        found.batch = tune(contestant, found)
        return {"tokens": found.tokens, "batch": found.batch}
    found = sets[name]
    if order["do"] == "turn":
        return turn(contestant, found, order["seconds"])
    if order["do"] == "vectors":
        return write(contestant, found, order["file"])
    return {"error": f"no such order: {order['do']}"}


def tune(contestant, found):
    """The batch size at which this contestant is fastest."""
    texts = found.sample()
    rates = {}
    for batch in contestant.batches:
        if batch > len(texts):
            break
        batches = [texts[i : i + batch] for i in range(0, len(texts), batch)]
        contestant.compute(batches[:1])
        begin, done = time.perf_counter(), 0
        while time.perf_counter() - begin < TUNE_SECONDS:
            contestant.compute(batches)
            done += 1
        rates[batch] = done / (time.perf_counter() - begin)
        if rates[batch] < 0.9 * max(rates.values()):
            break
    return max(rates, key=rates.get)


def turn(contestant, found, seconds):
    _, batches = found.cut(found.batch)
    begin, cpu, tokens = time.perf_counter(), time.process_time(), 0
    while tokens == 0 or time.perf_counter() - begin < seconds:
        contestant.compute(batches)
        tokens += found.tokens
    return {"tokens": tokens, "seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}


def write(contestant, found, file):
    import numpy

    places, batches = found.cut(found.batch)
    vectors = None
    for place, block in zip(places, contestant.compute(batches)):
        block = numpy.asarray(block, numpy.float32).reshape(len(place), -1)
        if vectors is None:
            vectors = numpy.zeros((len(found.texts), block.shape[1]), "<f4")
        vectors[place] = block
    vectors.tofile(file)
    return {"dimensions": vectors.shape[1]}
