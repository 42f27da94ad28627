"""Over HTTP: one text a request, many, rerank calls, queries beside a bulk job, start-up and memory."""

import array
import json
import math
import statistics
import time

import folders
import results
import texts
from clients import Clients, bodies
from contestants import RERANKERS, chosen, ours
from environments import Missing
from inprocess import say
from places import BUNDLED, WORK
from servers import SERVERS, Running, embeddings_body, rerank_body
from worker import Worker

SECTIONS = ("http", "rerank", "bulk", "startup")
QUERY_TOKENS = 10
BULK_TEXTS, BULK_TOKENS = 200, 128
PATIENCE = 30  # seconds for all rounds of one case
OURS = "tutti-bf16"
TEXTS = 512  # different ones: those that are equal and under way at once Tutti computes once
SAMPLE = 30  # texts that every server's vectors are checked on
DOCUMENTS, DOCUMENT_TOKENS = 100, 100
SAME = ((16, 64), (128, 64))  # tokens a text and texts a request, compared with the same calls in process
CALLERS = 8
WARM_UPS = 3  # turns until the compiler of a fresh process has done its work


def run(wanted, options):
    words = texts.Words(BUNDLED / "tokenizer.json")
    WORK.mkdir(parents=True, exist_ok=True)
    clients = Clients()
    try:
        for section in wanted:
            begun = results.begin()
            found = globals()[section](options, words, clients)
            results.save(options.results, section, options, begun, **found)
    finally:
        clients.close()


def each_server(options, shape, measure):
    """Starts one server after another, each alone on the machine; lists whom that cannot be done with."""
    found = {"cases": [], "missing": []}
    for server in SERVERS:
        if not chosen(server, options):
            continue
        running = None
        try:
            say(f"server: {server.name}")
            running = Running(server, folders.folder(shape), max(options.cores))
            found["cases"] += measure(server, running)
        except (Missing, OSError) as missing:
            say(f"{server.name}: {missing}")
            found["missing"].append({"contestant": server.key, "why": str(missing)})
        finally:
            if running:
                running.close()
    return found


def job(running, path, name, many, clients, seconds, **more):
    return {"port": running.port, "path": path, "file": bodies(name, many), "clients": clients, "seconds": seconds, **more}


def rounds(clients, options, tokens, *jobs):
    """Each job's rates and latencies over the rounds. The first warms up and does not count, unless one round is all there is
    time for. `tokens`: of each body of the last job."""
    kept, begin = [], time.monotonic()
    while len(kept) <= options.rounds and (not kept or time.monotonic() - begin < PATIENCE):
        kept.append(clients.run(*jobs))
    kept = kept[1:] or kept
    return [summary([one[place] for one in kept], tokens if place == len(jobs) - 1 else None) for place in range(len(jobs))]


def summary(turns, tokens):
    row = {}
    if all("p50" in turn for turn in turns):
        row = {name: round(statistics.median(turn[name] for turn in turns), 2) for name in ("p50", "p90", "p99", "longest")}
    row |= {"requests": sum(turn["requests"] for turn in turns), "failed": sum(turn["failed"] for turn in turns)}
    if tokens:
        counts = [sum(count * tokens[i] for i, count in enumerate(turn["answered"])) for turn in turns]
        row["rates"] = [round(count / turn["seconds"]) for count, turn in zip(counts, turns)]
    return row


def true_vectors(sample):
    """Tutti's in f32, which the section on accuracy holds against ONNX Runtime's."""
    worker = Worker(ours("f32"), folders.folder("bge-small"), 1)
    try:
        file, vectors = WORK / "sample.json", WORK / "sample.f32"
        file.write_text(json.dumps(sample))
        worker.ask({"do": "texts", "name": "sample", "file": str(file)})
        dimensions = worker.ask({"do": "vectors", "name": "sample", "file": str(vectors)})["dimensions"]
        values = array.array("f")
        values.frombytes(vectors.read_bytes())
        return [values[begin : begin + dimensions] for begin in range(0, len(values), dimensions)]
    finally:
        worker.close()


def least_cosine(running, sample, true):
    """Of a server's vectors to the true ones."""
    reply = running.ask(running.server.embeddings, embeddings_body(sample))
    found = [one["embedding"] for one in sorted(reply["data"], key=lambda one: one["index"])]
    return min(cosine(*pair) for pair in zip(found, true))


def cosine(left, right):
    return product(left, right) / math.sqrt(product(left, left) * product(right, right))


def product(left, right):
    return math.fsum(x * y for x, y in zip(left, right))


def http(options, words, clients):
    sample = texts.prose()[0][:SAMPLE]
    true = true_vectors(sample)
    lengths = texts.mixed(TEXTS)
    mixed = words.texts(lengths)
    seconds = options.turn * 2

    def measure(server, running):
        rows = []

        def case(name, many, tokens, count, time=seconds):
            say(f"  {name}, {count} client(s)")
            work = job(running, server.embeddings, name, many, count, time)
            rows.append({"case": name, "clients": count, "contestant": server.key, **rounds(clients, options, tokens, work)[0]})

        for count in (1, 8, 64):
            case("mixed", [embeddings_body([text]) for text in mixed], lengths, count)
        groups = [range(begin, begin + 32) for begin in range(0, TEXTS, 32)]
        many = [embeddings_body([mixed[i] for i in group]) for group in groups]
        case("mixed-32", many, [sum(lengths[i] for i in group) for group in groups], 8)
        case("thousand", [embeddings_body(words.texts([32] * 1000))], [32_000], 1, time=0.1)
        # Last, when the server has been at work for a while: nobody's server has just been started.
        case("query", [embeddings_body([words.text(QUERY_TOKENS, 1)])], [QUERY_TOKENS], 1)
        if server.key == OURS:
            rows.extend(beside_calls(running, options, words, clients))
        exact = round(least_cosine(running, sample, true), 6)
        rows.append({"case": "memory", "contestant": server.key, "peak": running.memory()[0], "cosine": exact})
        return rows

    return each_server(options, "bge-small", measure)


def beside_calls(running, options, words, clients):
    """The same texts from as many callers over HTTP and in process, in turn."""
    calls = Worker(ours("bf16"), folders.folder("bge-small"), max(options.cores))
    try:
        for tokens, number in SAME:
            say(f"  {number} texts of {tokens} tokens, beside the same calls in process")
            same = [words.texts([tokens] * number, seed=number * i) for i in range(2 * CALLERS)]
            file = WORK / "same.json"
            file.write_text(json.dumps([text for some in same for text in some]))
            calls.ask({"do": "texts", "name": "same", "file": str(file)})
            order = {"do": "turn", "name": "same", "seconds": options.turn, "takes": "texts"}
            order |= {"callers": CALLERS, "each": number}
            works = {
                encoding: job(
                    running,
                    running.server.embeddings,
                    encoding,
                    [embeddings_body(some, encoding) for some in same],
                    CALLERS,
                    options.turn,
                )
                for encoding in ("float", "base64")
            }
            rates = {"in process": [], **{encoding: [] for encoding in works}}
            for turn in range(-WARM_UPS, options.rounds):
                done = calls.ask(order)
                found = {"in process": done["tokens"] / done["seconds"]}
                for encoding, work in works.items():
                    (one,) = clients.run(work)
                    found[encoding] = one["requests"] * tokens * number / one["seconds"]
                if turn >= 0:
                    for way, rate in found.items():
                        rates[way].append(round(rate))
            yield {"case": "same", "tokens": tokens, "texts": number, "contestant": OURS, "rates": rates}
    finally:
        calls.close()


def bulk(options, words, clients):
    query = [embeddings_body([words.text(QUERY_TOKENS, 1)])]

    def measure(server, running):
        idle = job(running, server.embeddings, "query", query, 1, options.turn * 3)
        clients.run(job(running, server.embeddings, "warm", [embeddings_body(words.texts([BULK_TOKENS] * 32))], 2, options.turn * 5))
        (alone,) = rounds(clients, options, None, idle)
        row = {"contestant": server.key, "idle": alone, "busy": {}}
        for number in (BULK_TEXTS, 5 * BULK_TEXTS) if server.ours else (BULK_TEXTS,):
            say(f"  beside requests of {number} texts")
            many = [embeddings_body(words.texts([BULK_TOKENS] * number, seed=number * i)) for i in range(4)]
            lasting = options.turn * 5
            beside = job(running, server.embeddings, "query", query, 1, lasting - 1, after=1)
            work = job(running, server.embeddings, "bulk", many, 2, lasting, patience=lasting + 10)
            queries, batch = rounds(clients, options, [BULK_TOKENS * number] * 4, beside, work)
            row["busy"][str(number)] = queries | {"rates": batch["rates"]}
        return [row]

    return each_server(options, "bge-small", measure)


def rerank(options, words, clients):
    query, documents = words.text(QUERY_TOKENS, 1), words.texts([DOCUMENT_TOKENS] * DOCUMENTS)
    tokens = DOCUMENTS * (QUERY_TOKENS + DOCUMENT_TOKENS - 1)  # a pair has three special tokens, not four

    def measure(server, running):
        work = job(running, server.rerank, "rerank", [rerank_body(server, query, documents)], 1, options.turn * 2)
        return [{"way": "HTTP", "contestant": server.key, **rounds(clients, options, [tokens], work)[0]}]

    found = each_server(options, "reranker", measure)
    file = WORK / "documents.json"
    file.write_text(json.dumps(documents))
    scores = {}
    for contestant in RERANKERS:
        if not chosen(contestant, options):
            continue
        try:
            say(contestant.name)
            worker = Worker(contestant, folders.folder("reranker"), max(options.cores), kind="rerank")
        except Missing as missing:
            found["missing"].append({"contestant": contestant.key, "why": str(missing)})
            continue
        try:
            worker.ask({"do": "texts", "name": "pairs", "file": str(file), "query": query})
            turns = [worker.ask({"do": "turn", "name": "pairs", "seconds": options.turn}) for _ in range(options.rounds + 1)][1:]
            rates = [round(turn["tokens"] / turn["seconds"]) for turn in turns]
            found["cases"].append({"way": "in process", "contestant": contestant.key, "rates": rates})
            scores[contestant.key] = read_scores(worker)
        except Missing as missing:
            found["missing"].append({"contestant": contestant.key, "why": str(missing)})
        finally:
            worker.close()
    for row in found["cases"]:
        if row["way"] == "in process" and "onnxruntime-f32" in scores:
            row["same"] = len(best(scores[row["contestant"]]) & best(scores["onnxruntime-f32"]))
    return found


def read_scores(worker):
    file = WORK / "scores.f32"
    worker.ask({"do": "vectors", "name": "pairs", "file": str(file)})
    found = array.array("f")
    found.frombytes(file.read_bytes())
    return found


def best(scores):
    """The ten documents that are most relevant."""
    return set(sorted(range(len(scores)), key=lambda i: -scores[i])[:10])


def startup(options, words, clients):
    found = {"cases": [], "missing": []}
    body = [embeddings_body([words.text(BULK_TOKENS, 1)])]
    for server in SERVERS:
        if not chosen(server, options):
            continue
        row = {"contestant": server.key, "seconds": [], "loaded": [], "used": []}
        try:
            say(f"server: {server.name}")
            for _ in range(options.rounds):
                running = Running(server, folders.folder("bge-small"), max(options.cores))
                try:
                    row["seconds"].append(round(running.seconds, 2))
                    row["loaded"].append(running.memory()[1])
                    clients.run(job(running, server.embeddings, "start", body, 1, 60, limit=100))
                    row["used"].append(running.memory()[1])
                finally:
                    running.close()
            found["cases"].append(row)
        except (Missing, OSError) as missing:
            say(f"{server.name}: {missing}")
            found["missing"].append({"contestant": server.key, "why": str(missing)})
    return found
