"""Figures out of the results, and how far they are from what was wanted."""

import statistics

SHAPES = ("bge-small", "bge-base", "bge-large")
SERVED = ("http", "rerank", "bulk", "startup")
BEST, WANTED_UNIFORM, WANTED_MIXED, WANTED_INT8, WANTED_SERVER = "openvino-bf16", 1.2, 1.6, 1.3, 5.0
NOT_YET = "not measured yet"


def cores(count):
    return {1: "one core", 2: "two cores"}.get(count, f"{count} cores")


def rates(found, shape):
    """(cores, case, contestant) to the rounds' rates in tokens per second."""
    if not found:
        return {}
    return {(one["cores"], one["case"], one["contestant"]): one["rates"] for one in found["cases"] if one["shape"] == shape}


def batches(found, shape, cases, key):
    for one in found["cases"]:
        if one["shape"] == shape and one["contestant"] == key and one["case"] in cases:
            yield one["batch"]


def lengths(found, shape):
    """The cases of a section as they were measured: lengths, the shortest first."""
    return sorted({case for _, case, _ in rates(found, shape)}, key=int)


def ratios(found, shape, ours, theirs):
    """How many times as fast, by (cores, case)."""
    known = rates(found, shape)
    for (count, case, key), rounds in known.items():
        other = known.get((count, case, theirs))
        if key == ours and other:
            yield (count, case), statistics.median(rounds) / statistics.median(other)


def ratio_row(what, found, shape, ours, theirs, wanted):
    by_case = dict(ratios(found, shape, ours, theirs))
    if not by_case:
        return [what, f"at least {wanted:g}", NOT_YET, ""]
    (count, case), least = min(by_case.items(), key=lambda one: one[1])
    where = cores(count) if case == "mixed" else f"{case} tokens, {cores(count)}"
    span = f"{least:.2f} ({where}) to {max(by_case.values()):.2f}"
    return [what, f"at least {wanted:g}", span, verdict(least, wanted)]


def verdict(found, wanted):
    """What is missing at the least."""
    return "reached" if found >= wanted else f"missed by {max(0.01, wanted - found):.2f}"


def all_of(results):
    rows = []
    for shape in SHAPES:
        uniform = results[f"uniform-{shape}"]
        if uniform:
            what = f"{shape}, texts of one length: bf16, times OpenVINO bf16"
            rows.append(ratio_row(what, uniform, shape, "tutti-bf16", BEST, WANTED_UNIFORM))
            what = f"{shape}, texts of one length: int8, times OpenVINO int8"
            rows.append(ratio_row(what, uniform, shape, "tutti-int8", "openvino-int8", WANTED_INT8))
    what = "bge-small, texts of all lengths: bf16, times OpenVINO bf16 that has them sorted"
    rows.append(ratio_row(what, results["mixed-bge-small"], "bge-small", "tutti-bf16", BEST, WANTED_MIXED))
    return [*rows, servers_row(results["http"]), idle_row(results["http"]), bulk_row(results["bulk"]), *same_rows(results["http"])]


def servers_row(found):
    what = "texts of all lengths over HTTP: bf16, times the best other server"
    by_case = dict(server_ratios(found))
    if not by_case:
        return [what, f"at least {WANTED_SERVER:g}", NOT_YET, ""]
    case, least = min(by_case.items(), key=lambda one: one[1])
    return [what, f"at least {WANTED_SERVER:g}", f"{least:.2f} ({case}) to {max(by_case.values()):.2f}", verdict(least, WANTED_SERVER)]


def server_ratios(found):
    """How many times as fast as the fastest other server, by traffic."""
    rates = {}
    for one in found["cases"] if found else ():
        if one["case"].startswith("mixed"):
            case = f"{one['clients']} client{'s' * (one['clients'] > 1)}" + (", 32 texts a request" if one["case"] == "mixed-32" else "")
            rates.setdefault(case, {})[one["contestant"]] = statistics.median(one["rates"])
    for case, known in rates.items():
        others = [rate for key, rate in known.items() if not key.startswith("tutti")]
        if others and "tutti-bf16" in known:
            yield case, known["tutti-bf16"] / max(others)


def idle_row(found):
    what = "one text of 10 tokens, idle server: p50"
    for one in found["cases"] if found else ():
        if one["case"] == "query" and one["contestant"] == "tutti-bf16":
            late = one["p50"] - 3
            return [what, "at most 3 ms", f"{one['p50']:.2f} ms", "reached" if late <= 0 else f"missed by {late:.2f} ms"]
    return [what, "at most 3 ms", NOT_YET, ""]


def bulk_row(found):
    what, wanted = "a query beside a bulk job: p99", "at most twice the idle p99 and 50 ms"
    for one in found["cases"] if found else ():
        if one["contestant"] == "tutti-bf16":
            most = 2 * one["idle"]["p99"] + 50
            worst = max(busy["p99"] for busy in one["busy"].values())
            late = worst - most
            met = "reached" if late <= 0 else f"missed by {late:.0f} ms"
            return [what, wanted, f"{worst:.1f} ms, idle {one['idle']['p99']:.1f} ms", met]
    return [what, wanted, NOT_YET, ""]


def same_rows(found):
    for one in found["cases"] if found else ():
        if one["case"] == "same":
            middle = {way: statistics.median(rates) for way, rates in one["rates"].items()}
            for way in ("float", "base64"):
                share = middle[way] / middle["in process"]
                what = f"HTTP, {one['texts']} texts of {one['tokens']} tokens a request as {way}, times the same calls in process"
                yield [what, "at least 0.95", f"{share:.2f}", verdict(share, 0.95)]


BESIDE = {"openvino-bf16": "OpenVINO bf16", "onnxruntime-f32": "ONNX Runtime f32"}
SERVERS = {"tei-f32": "text-embeddings-inference f32", "infinity-bf16": "Infinity bf16"}


def summary(results):
    """README's table, of bge-small on two cores; empty before anything was measured."""
    rows = []
    for section, case, what in (
        ("uniform", "128", "texts of 128 tokens, tokens per second"),
        ("uniform", "512", "texts of 512 tokens"),
        ("mixed", "mixed", "texts of all lengths; the others have them sorted"),
    ):
        known = rates(results[f"{section}-bge-small"], "bge-small")
        found = {key: statistics.median(rounds) for (count, name, key), rounds in known.items() if (count, name) == (2, case)}
        rows.append((what, found, BESIDE, "{:,.0f}"))
    http = results["http"]["cases"] if results["http"] else ()
    served = {one["contestant"]: statistics.median(one["rates"]) for one in http if (one["case"], one.get("clients")) == ("mixed", 8)}
    rows.append(("the same over HTTP, 8 clients with a text a request", served, SERVERS, "{:,.0f}"))
    waits = {one["contestant"]: one["p50"] for one in http if one["case"] == "query"}
    rows.append(("one text of 10 tokens over HTTP, idle server: p50, ms", waits, SERVERS, "{:.1f}"))
    started = {one["contestant"]: one for one in (results["startup"] or {"cases": ()})["cases"]}
    rows.append(("start to ready, s", {key: statistics.median(one["seconds"]) for key, one in started.items()}, SERVERS, "{:.1f}"))
    used = {key: statistics.median(one["used"]) for key, one in started.items()}
    rows.append(("resident after 100 requests, MB", used, SERVERS, "{:,.0f}"))
    exact = {one["contestant"]: one["least"] for one in (results["accuracy"] or {"cases": ()})["cases"]}
    rows.append(("least cosine to f32, 500 texts", exact, BESIDE, "{:.6f}"))
    lines = [
        f"| {what} | {form.format(found['tutti-bf16'])} | {beside(found, others, form)} |"
        for what, found, others, form in rows
        if "tutti-bf16" in found
    ]
    head = ["| `bge-small` in bf16 | Tutti | beside it |", "|---|---|---|"]
    return "\n".join([*head, *lines]) + "\n" if lines else ""


def beside(found, others, form):
    return ", ".join(f"{name}: {form.format(found[key])}" for key, name in others.items() if key in found)
