"""Recall and precision: on planted secrets, or on any folder that comes with the truth."""

import csv
from collections import Counter
from pathlib import Path

from planted import HARMLESS, harmless_lines, plant

from seawall.repository.leaks.looked import look

TRUTH = "truth.csv"
BAD = ("must", "should")


def planted(folder: Path) -> dict[str, float]:
    """Over ten seeds."""
    found = told = secrets = wrong = 0
    for seed in range(1, 11):
        top = folder / f"planted-{seed}"
        plants = plant(top, seed)
        spots = {(x.path, x.line) for x in look(top).leaks if x.grade in BAD}
        lines = [
            {(one.path, one.line + more) for more in range(one.value.count("\n") + 1)}
            for one in plants
        ]
        secrets += len(plants)
        found += sum(bool(spots & each) for each in lines)
        wrong += len(spots & set(harmless_lines(top, plants)))
        told += len(spots)
    kinds = len({one.kind for one in plants})
    print(f"planted: {secrets} secrets of {kinds} kinds, {10 * len(HARMLESS)} look-alikes")
    print(f"  found {found}, wrong {wrong}\n")
    return {"recall_core": found / secrets, "precision_labelled": 1 - wrong / max(1, told)}


def corpus(folder: Path) -> dict[str, float]:
    """`truth.csv` has path, first, last (lines), label (secret, other, example or harmless) and
    type. *other* are true but no secrets (identifiers, names of buckets): they count for
    precision alone. *example* are placeholders: `precision_strict` counts them as wrong."""
    rows = list(csv.DictReader((folder / TRUTH).open(newline="")))
    leaks = [x for x in look(folder, past=False).leaks if x.path != TRUTH]
    print(f"{'corpus':16} {'secret':>12} {'other':>6} {'example':>8} {'harmless':>9}")
    for grades in (("must",), BAD, (*BAD, "look")):
        spots = {(x.path, x.line) for x in leaks if x.grade in grades}
        hit, every = Counter[str](), Counter[str]()
        for row in rows:
            lines = range(int(row["first"]), int(row["last"]) + 1)
            every[row["label"]] += 1
            hit[row["label"]] += any((row["path"], line) in spots for line in lines)
        shown = f"{hit['secret']}/{every['secret']}"
        print(
            f"{'+'.join(grades):16} {shown:>12} {hit['other']:6} {hit['example']:8} "
            f"{hit['harmless']:9}"
        )
        if grades == BAD:
            figures = _figures(hit, every)
    print()
    return figures


def _figures(hit: "Counter[str]", every: "Counter[str]") -> dict[str, float]:
    true = hit["secret"] + hit["other"]
    return {
        "recall_core": round(hit["secret"] / max(1, every["secret"]), 3),
        "precision_labelled": round(true / max(1, true + hit["harmless"]), 3),
        "precision_strict": round(true / max(1, true + hit["harmless"] + hit["example"]), 3),
    }
