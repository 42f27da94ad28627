"""bench/compare: runs sections one after another, keeps what they found as JSON, and writes the page from all that is kept."""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

import inprocess
import page
import servers
import serving
from contestants import BY_KEY
from places import QUICK_RESULTS, RESULTS, RUN

SECTIONS = (*inprocess.SECTIONS, *serving.SECTIONS)


def parse():
    parser = argparse.ArgumentParser(prog="bench/compare", description="Compares Tutti with other engines and servers.")
    parser.add_argument("section", nargs="*", help=f"what to measure, of {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns, the small model only: about 12 minutes")
    parser.add_argument("--rivals", type=lambda text: text.split(","), help="only these, by key, beside Tutti: " + ", ".join(dict.fromkeys((*BY_KEY, *servers.BY_KEY))))
    parser.add_argument("--shapes", type=lambda text: text.split(","), help="of bge-small, bge-base, bge-large")
    parser.add_argument("--cores", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2], help="default: 1,2")
    parser.add_argument("--rounds", type=int, help="turns of each, of which the median counts")
    parser.add_argument("--turn", type=float, help="least length of a turn, in seconds")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: the cores' time, on a shared machine")
    parser.add_argument("--results", type=Path, help=f"where results are kept (default: {RESULTS}; quick ones: {QUICK_RESULTS})")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page from what is kept")
    parser.add_argument("--check", action="store_true", help="fail unless the page is what template and results give")
    options = parser.parse_args()
    unknown = set(options.section) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    options.rounds = options.rounds or (2 if options.quick else 4)
    options.turn = options.turn or (1.0 if options.quick else 2.0)
    options.shapes = options.shapes or (["bge-small"] if options.quick else ["bge-small", "bge-base", "bge-large"])
    options.mixed = ["bge-small"] if options.quick else ["bge-small", "bge-base"]
    options.results = (options.results or (QUICK_RESULTS if options.quick else RESULTS)).resolve()
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.check:
        sys.exit(page.check())
    if not options.page:
        subprocess.run([RUN], check=True, stdout=subprocess.DEVNULL)  # builds what is older than the sources
        wanted = options.section or SECTIONS
        inside = [section for section in wanted if section in inprocess.SECTIONS]
        if inside:
            inprocess.run(inside, options)
        outside = [section for section in wanted if section in serving.SECTIONS]
        if outside:
            serving.run(outside, options)
    page.write(options.results)


if __name__ == "__main__":
    main()
