"""All papers together: which results are present, each at its highest profile, read from the figure folders."""

import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from lib.paths import PROFILES, ROOT, figures_dir, notebooks_dir
from lib.report import style, tables
from lib.report.claims import Verdict, implied, summary
from lib.report.style import styled
from lib.report.tables import number

FIXED = "\u00a0"  # a space at which no line breaks
CHECKED_IN = ROOT / "figures"
LOOK = {
    Verdict.SUPPORTED: ("#009E73", ""), Verdict.CONTRADICTED: ("#D55E00", "////"),
    Verdict.UNDECIDED: ("#F0C05A", "...."), Verdict.NOT_RUN: ("#DDDDDD", ""),
}  # fmt: skip
SIGNS = {Verdict.SUPPORTED: "✓", Verdict.CONTRADICTED: "✗", Verdict.UNDECIDED: "?", Verdict.NOT_RUN: "–"}


def folders() -> list[Path]:
    """The checked-in figures, then those of this machine where `WORKBOOK_FIGURES` points elsewhere."""
    return list(dict.fromkeys((CHECKED_IN, figures_dir())))


def highest(slug: str, where: Sequence[Path]) -> tuple[str, Path] | None:
    """The largest profile with results of a paper and its folder (the last of `where` wins); None without results."""
    places = ((profile, folder / profile / slug) for profile in PROFILES[::-1] for folder in where[::-1])
    return next(((profile, folder) for profile, folder in places if any(folder.glob("*.csv"))), None)


def status(papers: Mapping[str, str], gathered: pd.DataFrame, where: Sequence[Path]) -> pd.DataFrame:
    """One row a paper, slug to title: profile shown ("" without results), claims, and how many have each verdict."""
    counts = summary(gathered).reindex(list(papers), fill_value=0)
    found = {slug: highest(slug, where) for slug in papers}
    shown = [place[0] if place else "" for place in found.values()]
    table = counts.assign(title=list(papers.values()), profile=shown, claims=counts.sum(axis=1))
    return table.reset_index(names="paper")[["paper", "title", "profile", "claims", *counts.columns]]


def front(states: pd.DataFrame) -> str:
    """The front table as Markdown, from `status`: each paper, linked to its section, with its counts of verdicts."""
    linked = [f"[{name}](#{name.replace(' ', '-')})" for name in states["title"]]
    return tables.markdown(states.assign(paper=linked)[["paper", *map(str, Verdict), "profile"]])


def pictures(folder: Path) -> list[Path]:
    """The figures of a folder, the paper's own numbers first, extras last."""
    return sorted(folder.glob("*.png"), key=lambda path: (not path.stem.startswith("fig"), path.stem))


def headline(folder: Path, name: str) -> Path | None:
    """The figure of that name, else the first of `pictures`; None in an empty folder."""
    named = folder / f"{name}.png"
    return named if named.is_file() else next(iter(pictures(folder)), None)


def preview(path: Path, *, width: int) -> bytes:
    """A figure as a small JPEG at most `width` pixels wide, for pages that show many."""
    picture, buffer = Image.open(path).convert("RGB"), io.BytesIO()
    picture.thumbnail((width, picture.height), Image.Resampling.LANCZOS)
    picture.save(buffer, "jpeg", quality=88)
    return buffer.getvalue()


def provenance(papers: Sequence[str], where: Sequence[Path]) -> pd.DataFrame:
    """One row a paper with results: profile, commit (8 digits, `+` if dirty), device, torch, computed, missing.

    Device and torch are those of the drawing; `computed` counts the parts of each place where records were made.
    """
    rows = []
    for slug in papers:
        found = highest(slug, where)
        if found is None or not (found[1] / "manifest.json").is_file():
            continue
        read = json.loads((found[1] / "manifest.json").read_text(encoding="utf-8"))
        device, parts = read["device"], Counter(read["computed"].values()).most_common()
        rows.append({
            "paper": slug, "profile": found[0], "commit": (read["commit"] or "-")[:8] + "+" * bool(read["dirty"]),
            "device": f"{device['device']} {device['cpu_capability']}, {device['threads']} threads",
            "torch": read["versions"]["torch"],
            "computed": "; ".join(f"{place}: {count} part{'s' * (count > 1)}" for place, count in parts) or "-",
            "missing": "; ".join(f"{name}: {why}" for name, why in read["missing"].items()) or "-",
        })  # fmt: skip
    return pd.DataFrame(rows)


def ledger(claims: pd.DataFrame) -> str:
    """The claims as a folded Markdown table in their own order, under a line with the count of each verdict."""
    counts = [f"{SIGNS[verdict]}{FIXED}{count} {verdict}" for verdict in Verdict
              if (count := int((claims["verdict"] == verdict).sum()))]  # fmt: skip
    return folded(", ".join(counts), tables.markdown(readable(claims))) if counts else "No claims to show yet."


def readable(claims: pd.DataFrame) -> pd.DataFrame:
    """Claims as a reader wants them: id, claim, signed verdict, effect with interval, threshold, n, profile, note."""

    def effect(row: Any) -> str:
        interval = "" if np.isnan(row.low) else f" [{number(row.low, 3)},{FIXED}{number(row.high, 3)}]"
        return "-" if np.isnan(row.effect) else number(row.effect, 3) + interval

    columns = ["id", "claim", "verdict", "effect [95% interval]", "threshold", "n", "profile", "note"]
    signed = [f"{SIGNS[Verdict(verdict)]}{FIXED}{verdict}" for verdict in claims["verdict"]]
    shown = claims.assign(verdict=signed, **{columns[3]: [effect(row) for row in claims.itertuples()]})[columns]
    text = shown.columns.drop("n")  # Markdown would take a star for emphasis, and < for a tag
    escaped = {name: shown[name].str.replace("*", r"\*").str.replace("<", "&lt;") for name in text}
    return shown.assign(**escaped).reset_index(drop=True)


def beside_paper(found: Mapping[str, pd.DataFrame]) -> str:
    """The tables of `beside.comparisons` as Markdown, each folded."""
    texts = (folded(f"{name}: {len(frame)} values", tables.markdown(frame)) for name, frame in found.items())
    return "\n\n".join(texts) or "No tables to show yet."


def deviations(slug: str) -> str:
    """The numbered table of deviations at the end of the paper's notebook, folded; a sentence where there is none."""
    for path in notebooks_dir().glob(f"*_{slug}.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        page = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        if found := re.search(r"^## Deviations\s+(.*?)\s*(?=^## |\Z)", page, re.DOTALL | re.MULTILINE):
            return folded(f"{len(re.findall('^[|] *[0-9]', found[1], re.MULTILINE))} deviations", found[1])
    return "Its notebook lists none."


def folded(summary: str, body: str) -> str:
    """Markdown under a line that opens it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def rechecked(claims: pd.DataFrame) -> pd.DataFrame:
    """The rows whose verdict does not follow from their own interval and threshold; empty for honest numbers.

    Rows without an interval (exact, compound and not run claims) have nothing to follow from and are passed over.
    """
    known = claims[claims[["low", "high"]].notna().all(axis=1)]
    columns = (known[name] for name in ("verdict", "low", "high", "threshold"))
    wrong = [verdict != implied(*rest) for verdict, *rest in zip(*columns, strict=True)]
    return known[np.array(wrong, bool)]


@styled
def chart(states: pd.DataFrame) -> Figure:
    """The verdicts of every paper as one row of stacked bars, from `status`; papers without claims say so."""
    fig = style.figure(style.PAGE, 0.8 + 0.3 * len(states))
    ax = fig.add_subplot()
    left = np.zeros(len(states))
    for verdict, (colour, hatch) in LOOK.items():
        counts = states[str(verdict)].to_numpy(int)
        bars = ax.barh(
            range(len(states)), counts, 0.7, left, color=colour, hatch=hatch, edgecolor="white", label=str(verdict)
        )
        labels = [str(count) if count else "" for count in counts]
        box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "boxstyle": "round,pad=0.15"}
        for text in ax.bar_label(bars, labels, label_type="center", fontsize=7):
            text.set_bbox(box if text.get_text() else None)
        left += counts
    for place in np.flatnonzero(states["claims"] == 0).tolist():
        ax.text(0.1, place, "no results yet", va="center", fontsize=7, color="#666666", style="italic")
    style.finish(ax, "", "claims", "")
    ax.set_yticks(range(len(states)), list(states["title"]))
    ax.set(ylim=(len(states) - 0.5, -0.5), xlim=(0, max(float(left.max()), 1.0)))
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.legend(ax, where="below")
    return fig
