"""How near vectors are to the reference's: accuracy.py REFERENCE {KEY: [FILE, DIMENSIONS]}."""

import json
import sys

import numpy

NEIGHBOURS = 10


def read(file, dimensions):
    vectors = numpy.fromfile(file, "<f4").reshape(-1, dimensions).astype(numpy.float64)
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def nearest(vectors):
    """Of each text the ten texts that are most alike."""
    likeness = vectors @ vectors.T
    numpy.fill_diagonal(likeness, -2)
    return numpy.argsort(-likeness, axis=1)[:, :NEIGHBOURS]


def main():
    reference, files = sys.argv[1], json.loads(sys.argv[2])
    true = read(*files[reference])
    best = [set(row) for row in nearest(true)]
    rows = []
    for key, place in files.items():
        vectors = read(*place)
        cosines = (vectors * true).sum(axis=1)
        overlap = [len(set(row) & best[i]) / NEIGHBOURS for i, row in enumerate(nearest(vectors))]
        row = {"contestant": key, "texts": len(true), "least": round(cosines.min(), 6), "mean": round(cosines.mean(), 7)}
        rows.append(row | {"overlap": round(float(numpy.mean(overlap)), 4)})
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
