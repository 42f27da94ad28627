"""One JSON file a section: the source of every figure on the page."""

import json

import machine


def save(folder, section, options, begun, **found):
    """Writes a section's file anew, with the machine and the circumstances."""
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "section": section,
        "begun": begun["at"],
        "load": begun["load"],
        "machine": machine.describe(),
        "commit": machine.commit(),
        "versions": machine.versions(),
        "rounds": options.rounds,
        "turn": options.turn,
        "clock": options.clock,
        "quick": options.quick,
    }
    rows = {key: value for key, value in found.items()}
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    for key, values in rows.items():
        if isinstance(values, list) and values:
            inner = ",\n".join("    " + json.dumps(value, ensure_ascii=False) for value in values)
            lines.append(f"  {json.dumps(key)}: [\n{inner}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(values, ensure_ascii=False)}")
    (folder / f"{section}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def begin():
    return {"at": machine.today(), "load": machine.load()}


def read(folder, section):
    """The section's file, or None where it was not measured."""
    file = folder / f"{section}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
