"""docs/performance.md and its pictures, from a template and the results that are kept: the same input, the same page."""

import re
import statistics
import sys

import results
import targets
from contestants import CONTESTANTS, RERANKERS
from pictures import Bar, Panel, draw
from places import BENCH, RESULTS, ROOT
from servers import SERVERS

TEMPLATE = BENCH / "comparison" / "performance.md"
DOCS = ROOT / "docs"
README = ROOT / "README.md"
MARKS = re.compile(r"(<!-- figures:begin -->\n).*?(<!-- figures:end -->)", re.DOTALL)
NOT_YET = "*Not measured yet.*"
NAMES = {one.key: one.name for one in CONTESTANTS}
SERVED = {one.key: one.name for one in SERVERS}
RERANK_NAMES = {one.key: one.name for one in RERANKERS}
SECTIONS = [*(f"{kind}-{shape}" for kind in ("uniform", "mixed") for shape in targets.SHAPES), "accuracy", *targets.SERVED]
LABELS = RERANK_NAMES | SERVED | NAMES
TRAFFIC = (
    (("mixed", 1), "1 client"),
    (("mixed", 8), "8 clients"),
    (("mixed", 64), "64 clients"),
    (("mixed-32", 8), "8 × 32 texts"),
    (("thousand", 1), "1,000 texts"),
)
LATENCIES = (("mixed", 1), ("mixed", 8), ("mixed", 64))
ORDER = [one.key for one in CONTESTANTS]


class Page:
    """What the template's places {{name argument…}} stand for."""

    def __init__(self, folder):
        self.results = {section: results.read(folder, section) for section in SECTIONS}
        self.pictures = {}

    def fill(self, template):
        page = re.sub(r"\{\{(\w+)([^}]*)\}\}", lambda place: getattr(self, place[1])(*place[2].split()), template)
        return re.sub(r"\n{3,}", "\n\n", page)

    def machine(self, section):
        """On what and how; nothing where the results below say that there are none."""
        found = self.results[section]
        if not found:
            return ""
        machine, how = found["machine"], f"{found['rounds']} rounds of {found['turn']:g} s"
        clock = ", by the cores' time, not the time that passes" if found["clock"] == "cpu" else ""
        return (
            f"{machine['cpu'].strip()}, family {machine['family']}, model {machine['model']}, {machine['instructions']}, "
            f"{machine['cores']} cores, {machine['memory']} GB; {how}{clock}; load average before {found['load']}; {found['begun']}."
        )

    def versions(self):
        found = {}
        for section in self.results.values():
            found |= section["versions"] if section else {}
        return ", ".join(f"{name} {version}" for name, version in sorted(found.items())) or NOT_YET

    def uniform(self, shape):
        return self.throughput("uniform", shape, targets.lengths(self.results[f"uniform-{shape}"], shape), f"{shape}, texts of one length")

    def mixed(self, shape):
        return self.throughput("mixed", shape, ["mixed"], f"{shape}, texts of all lengths")

    def throughput(self, section, shape, cases, title):
        """Pictures and a table of tokens per second."""
        found = self.results[f"{section}-{shape}"]
        rates = targets.rates(found, shape)
        if not rates:
            return NOT_YET
        counts = sorted({cores for cores, _, _ in rates})
        keys = [key for key in ORDER if any(contestant == key for _, _, contestant in rates)]
        columns = [(cores, case) for cores in counts for case in cases]
        pictures = self.panels(section, shape, cases, counts, keys, rates, title)
        head = ["", *(heading(cores, case, len(cases)) for cores, case in columns), "texts a batch", "most memory, MB"]
        rows = []
        for key in keys:
            row = [bold(NAMES[key], key)]
            for cores, case in columns:
                rate = rates.get((cores, case, key))
                row.append(bold(f"{statistics.median(rate):,.0f}", key) if rate else "–")
            batches = [str(batch) for batch in targets.batches(found, shape, cases, key) if batch]
            rows.append([*row, ", ".join(dict.fromkeys(batches)) or "–", peak(found, shape, key)])
        return pictures + "\n\n" + table(head, rows) + self.left_out(f"{section}-{shape}")

    def panels(self, section, shape, cases, counts, keys, rates, title):
        rows = [(key, NAMES[key]) for key in keys]
        if len(cases) == 1:
            every = [(cores, cases[0], targets.cores(cores)) for cores in counts]
            return self.picture(f"{section}-{shape}", title, rows, every, rates)
        lines = []
        for cores in counts:
            every = [(cores, case, f"{case} tokens") for case in cases]
            lines.append(self.picture(f"{section}-{shape}-{cores}", f"{title}, {targets.cores(cores)}", rows, every, rates))
        return "\n\n".join(lines)

    def picture(self, name, title, rows, columns, rates):
        panels = []
        for cores, case, heading in columns:
            bars = {key: spread(rates[cores, case, key]) for key, _ in rows if (cores, case, key) in rates}
            panels.append(Panel(heading, bars))
        self.pictures[name + ".svg"] = draw(title, "tokens per second", rows, panels, is_ours)
        return f"![{title}](pictures/{name}.svg)"

    def left_out(self, section):
        found = self.results[section] or {}
        reasons = {}
        for one in found.get("missing", ()):
            reasons.setdefault(one["contestant"], one["why"])
        return "".join(f"\n\nNot here: {LABELS.get(key, key)}: {why}." for key, why in reasons.items())

    def accuracy(self):
        found = self.results["accuracy"]
        if not found or not found["cases"]:
            return NOT_YET
        rows = []
        for one in sorted(found["cases"], key=lambda row: ORDER.index(row["contestant"])):
            key = one["contestant"]
            cells = [f"{one['least']:.6f}", f"{one['mean']:.6f}", f"{one['overlap']:.1%}".replace("%", " %")]
            rows.append([bold(NAMES[key], key), *(bold(cell, key) for cell in cells)])
        return table(["", "least cosine", "mean cosine", "same ten nearest"], rows) + self.left_out("accuracy")

    def targets(self):
        return table(["what", "wanted", "found", ""], targets.all_of(self.results))

    def http(self):
        found = self.results["http"]
        if not found or not found["cases"]:
            return NOT_YET
        known = {(one["case"], one.get("clients"), one["contestant"]): one for one in found["cases"]}
        keys = [key for key in SERVED if ("query", 1, key) in known]
        rates = {(0, case, key): known[*case, key]["rates"] for case, _ in TRAFFIC for key in keys if (*case, key) in known}
        columns = [(0, case, name) for case, name in TRAFFIC]
        picture = self.picture("http", "Over HTTP, two cores", [(key, SERVED[key]) for key in keys], columns, rates)
        head = ["", *(name for _, name in TRAFFIC), "most memory, MB", "least cosine to f32"]
        rows = []
        for key in keys:
            row = [median(rates[0, case, key]) if (0, case, key) in rates else "–" for case, _ in TRAFFIC]
            last = known.get(("memory", None, key))
            row += [f"{last['peak']:,}", f"{last['cosine']:.6f}"] if last else ["–", "–"]
            rows.append([bold(SERVED[key], key), *(bold(cell, key) for cell in row)])
        cases = [("query", 1), *LATENCIES]
        waits = [["", "one text of 10 tokens, idle server: p50, p99", *(f"all lengths, {n} client{'s' * (n > 1)}: p50, p99" for _, n in LATENCIES)]]
        for key in keys:
            cells = [pair(known.get((*case, key))) for case in cases]
            waits.append([bold(SERVED[key], key), *(bold(cell, key) for cell in cells)])
        return "\n\n".join((picture, table(head, rows), "Milliseconds:", table(waits[0], waits[1:]))) + self.left_out("http")

    def same(self):
        found = [one for one in (self.results["http"] or {"cases": ()})["cases"] if one["case"] == "same"]
        if not found:
            return NOT_YET
        rows = []
        for one in found:
            middle = {way: statistics.median(rates) for way, rates in one["rates"].items()}
            inside = middle.pop("in process")
            shares = [f"{rate:,.0f} ({rate / inside:.2f})" for rate in middle.values()]
            rows.append([f"{one['texts']} texts of {one['tokens']} tokens", f"{inside:,.0f}", *shares])
        return table(["a request", "in process", "HTTP, floats (share)", "HTTP, base64 (share)"], rows)

    def rerank(self):
        found = self.results["rerank"]
        if not found or not found["cases"]:
            return NOT_YET
        rows = []
        for one in found["cases"]:
            key = one["contestant"]
            name = SERVED[key] if one["way"] == "HTTP" else RERANK_NAMES[key]
            wait = f"{one['p50']:,.0f}" if "p50" in one else "–"
            same = f"{one['same']} of 10" if "same" in one else "–"
            rows.append([bold(name, key), one["way"], bold(median(one["rates"]), key), wait, same])
        return table(["", "", "tokens per second", "a call: p50, ms", "same best ten as f32"], rows) + self.left_out("rerank")

    def bulk(self):
        found = self.results["bulk"]
        if not found or not found["cases"]:
            return NOT_YET
        rows = []
        for one in found["cases"]:
            key = one["contestant"]
            rows.append([bold(SERVED[key], key), "idle", *waits_of(one["idle"]), "–"])
            for number, busy in one["busy"].items():
                rows.append(["", f"requests of {int(number):,} texts", *waits_of(busy), median(busy["rates"]) if any(busy["rates"]) else "–"])
        return table(["", "beside", "p50, ms", "p99, ms", "longest, ms", "bulk, tokens per second"], rows) + self.left_out("bulk")

    def startup(self):
        found = self.results["startup"]
        if not found or not found["cases"]:
            return NOT_YET
        rows = []
        for one in found["cases"]:
            key = one["contestant"]
            span = f"{statistics.median(one['seconds']):.2f} ({min(one['seconds']):.2f} to {max(one['seconds']):.2f})"
            cells = [span, median(one["loaded"]), median(one["used"])]
            rows.append([bold(SERVED[key], key), *(bold(cell, key) for cell in cells)])
        head = ["", "ready after, s", "resident when ready, MB", "after 100 requests, MB"]
        return table(head, rows) + self.left_out("startup")


def median(rounds):
    return f"{statistics.median(rounds):,.0f}"


def pair(waits):
    return f"{wait(waits['p50'])}, {wait(waits['p99'])}" if waits else "–"


def waits_of(row):
    return [wait(row[name]) if name in row else "–" for name in ("p50", "p99", "longest")]


def wait(milliseconds):
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.1f}"


def heading(cores, case, cases):
    return targets.cores(cores) if cases == 1 else f"{case} tokens, {targets.cores(cores)}"


def peak(found, shape, key):
    most = [one["peak"] for one in found["processes"] if one["shape"] == shape and one["contestant"] == key]
    return f"{max(most):,}" if most else "–"


def is_ours(key):
    return key.startswith("tutti")


def bold(text, key):
    return f"**{text}**" if is_ours(key) else text


def spread(rounds):
    return Bar(statistics.median(rounds), min(rounds), max(rounds))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def written(folder, docs):
    """Every file that the page is made of, with its content."""
    page = Page(folder)
    files = {docs / "performance.md": page.fill(TEMPLATE.read_text(encoding="utf-8"))}
    files |= {docs / "pictures" / name: content for name, content in page.pictures.items()}
    lines = targets.summary(page.results)
    if docs == DOCS and lines:
        files[README] = MARKS.sub(lambda marks: marks[1] + lines + marks[2], README.read_text(encoding="utf-8"))
    return files


def write(folder):
    """Into docs/ what is kept to be committed; other results beside themselves."""
    docs = DOCS if folder == RESULTS else folder
    (docs / "pictures").mkdir(exist_ok=True)
    files = written(folder, docs)
    for file in (docs / "pictures").glob("*.svg"):
        if file not in files:
            file.unlink()
    for file, content in files.items():
        file.write_text(content, encoding="utf-8")
    print(f"Wrote {docs / 'performance.md'}", file=sys.stderr)


def check():
    """0 if every file is what template and results give, or nothing is kept yet."""
    if not RESULTS.exists():
        return 0
    files = written(RESULTS, DOCS)
    wrong = [file for file, content in files.items() if not file.exists() or file.read_text(encoding="utf-8") != content]
    wrong += [file for file in (DOCS / "pictures").glob("*.svg") if file not in files]
    for file in wrong:
        print(f"{file.relative_to(ROOT)} is not what bench/compare --page writes", file=sys.stderr)
    return 1 if wrong else 0
