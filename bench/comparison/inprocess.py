"""In process: texts of one length, texts of all lengths, and how near the vectors are to f32's."""

import json
import subprocess
import sys

import environments
import folders
import machine
import results
import texts
from contestants import CONTESTANTS, chosen
from environments import Missing
from places import BUNDLED, RIVALS, WORK
from worker import Worker, memory

SECTIONS = ("uniform", "mixed", "accuracy")
CALL = 4096  # tokens of one pass over texts of one length, a core
LENGTHS = {"bge-small": (16, 128, 512), "bge-base": (16, 128, 512), "bge-large": (128, 512)}
REFERENCE = "onnxruntime-f32"
WEIGHTS = {"bge-small": 140, "bge-base": 440, "bge-large": 1350}  # megabytes in f32
WARM_UP = 2.0
SLOW = 4.0  # seconds of a turn; two turns of such a contestant are enough


def run(wanted, options):
    for shape in options.shapes:
        begun = results.begin()
        found = {section: {"cases": [], "processes": [], "missing": []} for section in wanted if belongs(section, shape, options)}
        for threads in options.cores:
            sections = [one for one in found if one != "accuracy" or threads == options.cores[-1]]
            if sections:
                measure(sections, shape, threads, options, found)
        for section, rows in found.items():
            results.save(options.results, name(section, shape), options, begun, **rows)


def name(section, shape):
    """Of the results' file: one for each shape, since each can be measured alone."""
    return section if section == "accuracy" else f"{section}-{shape}"


def belongs(section, shape, options):
    return {"uniform": True, "mixed": shape in options.mixed, "accuracy": shape == "bge-small"}[section]


def cases(section, shape, threads, options, words):
    """Name of each case, and its texts."""
    if section == "uniform":
        return {str(length): words.texts([length] * max(1, CALL * threads // length)) for length in LENGTHS[shape]}
    if section == "mixed":
        return {"mixed": words.texts(texts.mixed(100 if options.quick else 160))}
    return {"prose": texts.prose()[0]}


def measure(sections, shape, threads, options, found):
    words = texts.Words(BUNDLED / "tokenizer.json")
    WORK.mkdir(parents=True, exist_ok=True)
    sets = {}
    for section in sections:
        for name, content in cases(section, shape, threads, options, words).items():
            file = WORK / f"{name}-{threads}.json"
            file.write_text(json.dumps(content))
            sets[name] = (section, file)
    entered = (enter(contestant, shape, threads, sections, found) for contestant in chosen_of(sections, shape, options))
    workers = [worker for worker in entered if worker]
    try:
        prepared = {worker: prepare(worker, sets, shape, threads, found) for worker in workers}
        take_turns(workers, prepared, sets, shape, threads, options, found)
        for worker in workers:
            peak, _ = memory(worker.process)
            row = {"shape": shape, "cores": threads, "contestant": worker.contestant.key, "peak": peak}
            row |= {"loaded": round(worker.loaded["seconds"], 2), "form": worker.loaded["form"]}
            for section in sections:
                if section in worker.contestant.sections:
                    found[section]["processes"].append(row)
        if "accuracy" in sections:
            found["accuracy"]["cases"] = accuracy(workers, prepared)
    finally:
        for worker in workers:
            worker.close()


def chosen_of(sections, shape, options):
    for one in CONTESTANTS:
        if chosen(one, options) and shape in one.shapes and any(section in one.sections for section in sections):
            yield one


def enter(contestant, shape, threads, sections, found):
    """The contestant's process with the model loaded; None, and a line in the results, where that cannot be."""
    try:
        home = folders.folder(shape)
        if machine.available() < 3 * WEIGHTS[shape] + 1500:
            raise Missing(f"{machine.available()} MB of memory left are not enough beside the others")
        say(f"{shape}, {threads} core(s): {contestant.name}")
        return Worker(contestant, home, threads)
    except Missing as missing:
        leave_out(contestant, shape, threads, sections, found, missing)
        return None


def leave_out(contestant, shape, threads, sections, found, missing):
    say(f"{contestant.name}: {missing}")
    for section in sections:
        if section in contestant.sections:
            found[section]["missing"].append(
                {"shape": shape, "cores": threads, "contestant": contestant.key, "why": str(missing)}
            )


def prepare(worker, sets, shape, threads, found):
    """What each set came to: tokens and the batch size that the contestant chose for itself."""
    prepared = {}
    for name, (section, file) in sets.items():
        if section in worker.contestant.sections:
            try:
                prepared[name] = worker.ask({"do": "texts", "name": name, "file": str(file)})
            except Missing as missing:
                leave_out(worker.contestant, shape, threads, [section], found, missing)
    return prepared


def take_turns(workers, prepared, sets, shape, threads, options, found):
    rows, slow = {}, {}
    for turn in range(-1, options.rounds):
        for name, (section, _) in sets.items():
            if section == "accuracy":
                continue
            for worker in workers:
                if name not in prepared[worker]:
                    continue
                if turn < 0 and not worker.contestant.ours:
                    continue  # choosing the batch size has warmed it up
                if slow.get((name, worker), 0) >= SLOW and turn >= 2:
                    continue
                order = {"do": "turn", "name": name, "seconds": WARM_UP if turn < 0 else options.turn}
                try:
                    done = worker.ask(order)
                except Missing as missing:
                    leave_out(worker.contestant, shape, threads, [section], found, missing)
                    del prepared[worker][name]
                    continue
                if turn >= 0:
                    row = rows.setdefault((section, name, worker), [])
                    time = done["seconds"] if options.clock == "wall" else done["cpu"] / threads
                    row.append(round(done["tokens"] / time))
                    slow[name, worker] = done["seconds"]
    for (section, name, worker), rates in rows.items():
        row = {"shape": shape, "cores": threads, "case": name, "contestant": worker.contestant.key, "rates": rates}
        found[section]["cases"].append(row | {"batch": prepared[worker].get(name, {}).get("batch", 0)})


def accuracy(workers, prepared):
    """Each contestant's vectors of the same texts beside ONNX Runtime's in f32."""
    files = {}
    for worker in workers:
        if "prose" in prepared[worker]:
            file = WORK / f"vectors-{worker.contestant.key}.f32"
            try:
                answer = worker.ask({"do": "vectors", "name": "prose", "file": str(file)})
            except Missing as missing:
                say(f"{worker.contestant.name}: {missing}")
                continue
            files[worker.contestant.key] = [str(file), answer["dimensions"]]
    if REFERENCE not in files:
        say(f"accuracy needs {REFERENCE}, which is missing")
        return []
    command = [environments.python("engines"), RIVALS / "accuracy.py", REFERENCE, json.dumps(files)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def say(line):
    print(line, file=sys.stderr, flush=True)
