"""Figures out of the results, and how far they are from what was wanted."""

import statistics

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
    return "reached" if found >= wanted else f"missed by {wanted - found:.2f}"


def all_of(results):
    uniform, mixed = results["uniform"], results["mixed"]
    rows = []
    for shape in ("bge-small", "bge-base", "bge-large"):
        if rates(uniform, shape):
            what = f"{shape}, texts of one length: bf16, times OpenVINO bf16"
            rows.append(ratio_row(what, uniform, shape, "tutti-bf16", BEST, WANTED_UNIFORM))
            what = f"{shape}, texts of one length: int8, times OpenVINO int8"
            rows.append(ratio_row(what, uniform, shape, "tutti-int8", "openvino-int8", WANTED_INT8))
    what = "bge-small, texts of all lengths: bf16, times OpenVINO bf16 that has them sorted"
    rows.append(ratio_row(what, mixed, "bge-small", "tutti-bf16", BEST, WANTED_MIXED))
    return rows


def summary(results):
    """README's lines; empty before anything was measured."""
    return ""
