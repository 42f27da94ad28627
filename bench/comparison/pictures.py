"""Bar charts as SVG: panels side by side over common rows, legible on a light page and on a dark one."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, GAP, LETTER = 800, 20, 6.8  # letters of labels are about so wide
ROW, BAR, TOP = 20, 12, 50
STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .quiet { fill: #59636e; font-size: 11px }
  .ours { fill: #1a7f5a } .theirs { fill: #9aa4af } .spread { stroke: #1f2328; stroke-width: 1; fill: none } .axis { stroke: #d1d9e0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .ours { fill: #3fb98a } .theirs { fill: #656c76 }
    .spread { stroke: #f0f6fc } .axis { stroke: #3d444d }
  }
"""


@dataclass(frozen=True)
class Bar:
    """A median, and the slowest and fastest round."""

    value: float
    least: float
    most: float


@dataclass(frozen=True)
class Panel:
    """One chart of a picture; a row that it has no bar for stays empty."""

    title: str
    bars: dict  # row to Bar


def draw(title, unit, rows, panels, ours, better="longer is better"):
    """An SVG picture: rows are (key, label), `ours` says of a key whether its bar stands out."""
    labels = max(210, max(len(label) for _, label in rows) * LETTER + 16)
    wide = (WIDTH - labels - GAP * len(panels)) / len(panels)
    height = TOP + ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        text(0, 14, title, "title"),
        text(0, TOP - 12, f"{unit}; {better}", "quiet"),
    ]
    for place, (key, label) in enumerate(rows):
        kind = "title" if ours(key) else ""
        parts.append(text(labels - 8, TOP + ROW * place + 14, label, kind, "end"))
    for number, panel in enumerate(panels):
        left = labels + number * (wide + GAP)
        parts.append(text(left, TOP - 12, panel.title, "title"))
        parts.append(f'<path class="axis" d="M{left:.1f} {TOP - 2}V{height - 10}"/>')
        if panel.bars:
            scale = (wide - 48) / max(bar.most for bar in panel.bars.values())
            for place, (key, _) in enumerate(rows):
                if key in panel.bars:
                    parts += bar(panel.bars[key], left, TOP + ROW * place + 4, scale, ours(key))
    return "\n".join(parts) + "\n</svg>\n"


def bar(found, left, top, scale, ours):
    end, middle = left + found.value * scale, top + BAR / 2
    least, most = left + found.least * scale, left + found.most * scale
    yield f'<rect class="{"ours" if ours else "theirs"}" x="{left:.1f}" y="{top}" width="{end - left:.1f}" height="{BAR}" rx="1"/>'
    if most - least > 1:
        ends = f"M{least:.1f} {middle - 3}v6M{most:.1f} {middle - 3}v6"
        yield f'<path class="spread" d="M{least:.1f} {middle}H{most:.1f}{ends}"/>'
    yield text(max(end, most) + 4, top + 10, figure(found.value), "quiet")


def figure(value):
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def text(x, y, content, kind="", anchor="start"):
    shape = f' class="{kind}"' if kind else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{shape}{place}>{escape(content)}</text>'
