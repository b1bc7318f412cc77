"""The paper's two tables beside ours, and the tables of anchors, networks, noise and searches, made from records."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.models import photoreal
from lib.papers.study import Study, needs
from lib.papers.stylenas import experiments, log, records
from lib.papers.stylenas.records import SPACE, Stored
from lib.paths import paper_numbers

PAPER = {"PhotoWCT": "PhotoWCT", "AE1": "PhotoWCT-AE1", "RS": "StyleNAS-RS", "S5": "StyleNAS-5opt",
         "S7": "StyleNAS-7opt", "S9": "StyleNAS-9opt"}  # fmt: skip
LABELS = {
    "AE1": "PhotoWCT-AE1", "RS": "random search", "best": "evolution's best",
    "S7-ref": "S7 as printed", "S9-ref": "S9 stand-in",
    "PhotoWCT-raw": "PhotoWCT, not smoothed", "PhotoWCT-guided": "PhotoWCT, guided filter",
    "colour": "colour transfer", "oracle-off": "oracle, no transforms", "reference": "authors' pictures",
}  # fmt: skip
ENCODERS = {"vgg16": "VGG-16", "vgg19": "VGG-19", "random": "random-feature encoder"}
SUBSETS = {"": "ours", "_search": "search pairs", "_heldout": "held-out pairs"}
PRINTED = {"fd_style": "FID-Style", "fd_oracle": "FID-Oracle", "tv": "TV score"}  # of our measures
ARROWS = {**dict.fromkeys(("fd_style", "kd_style", "fd_oracle", "kd_oracle"), " ↓"), "tv": " ↑"}
SHOWN = ("fd_style", "kd_style", "fd_oracle", "kd_oracle", "tv", "ssim")  # in table 1; the other tables have all
BESIDE = ("content", "style", "oracle")  # whose total variation stands in table 1
WIDTH, PAIRS = 768, "style/photoreal"  # of the paper's table 1
PARTS = ["L", "E", "P", "O"]


def labels(study: Study) -> dict[str, str]:
    """How methods and anchors are called; a searched network with other bits than its name says shows their number."""
    found = {name: LABELS.get(name, name) for name in (*experiments.METHODS, "oracle-off")}
    known, parts = records.compared(study), records.sources(study)
    for name in (f"S{k}" for k in experiments.KEPT if f"S{k}" in parts):
        bits = known[name].count("1")
        by = "" if parts[name] == "evolution" else f", {parts[name]}"
        if by or bits != int(name[1:]):
            found[name] = f"{name} ({bits} bits{by})"
    return found


def size(width: int) -> str:
    """The size of a pair's photos."""
    return f"{width}x{width // 2}"


def printed(table: str) -> pd.DataFrame:
    """The paper's numbers of `table1` or `table2`: a row a line of it, a column a method of ours."""
    wide = pd.read_csv(paper_numbers(f"stylenas_{table}")).pivot(index="row", columns="column", values="value")
    return wide[list(PAPER.values())].set_axis(list(PAPER), axis=1)


def measures(study: Study) -> dict[str, str]:
    """The names of the measures of quality; scores of sets are called after their features."""
    inception = "inception-2015" in study.about("quality")["weights"]
    fd, kd = ("FID", "KID") if inception else ("FD-lite0", "KD-lite0")
    return {"fd_style": f"{fd} to styles", "kd_style": f"{kd} to styles", "fd_oracle": f"{fd} to oracle",
            "kd_oracle": f"{kd} to oracle", "tv": "TV", "tv_gap": "TV less the content's",
            "tv_isotropic": "TV, isotropic", "ssim": "SSIM to content"}  # fmt: skip


def rated(study: Study) -> pd.DataFrame:
    """Every measure of every method; `low` and `high` are 95 % over half samples of the pairs, where there are any.

    The relative difference is left out where the paper's quantity is another one: other features, pairs or size.
    """
    frame, names, called, paper = study.frame("quality"), measures(study), labels(study), printed("table1")
    about = {name: frame[name].iloc[0] for name in ("width", "pairs", "smoothing") if name in frame}
    alike = study.about("quality")["evaluation"]["pairs"] == PAIRS and about.get("width") == WIDTH
    for suffix in SUBSETS if {"tv_search", "tv_heldout"} <= set(frame) else ("",):
        content = frame.loc[frame["name"] == "content", f"tv{suffix}"]
        frame[f"tv_gap{suffix}"] = frame[f"tv{suffix}"] - content.mean()
    lines = []
    for measure in (name for name in names if name in frame):
        same = alike and (measure == "tv" or names[measure].startswith("FID"))
        for _, row in frame[frame[measure].notna()].iterrows():
            draws, theirs = records.drawn(row, measure), paper.get(row["name"], {}).get(PRINTED.get(measure), np.nan)
            low, high = np.percentile(draws, [2.5, 97.5]) if len(draws) else (np.nan, np.nan)
            own = {column: row.get(f"{measure}{suffix}", np.nan) for suffix, column in SUBSETS.items()}
            lines.append({
                "key": measure, "name": row["name"], "measure": names[measure] + ARROWS.get(measure, ""),
                "method": called[row["name"]], **own, "low": low, "high": high, "paper": theirs,
                "paper's measure": "" if np.isnan(theirs) else PRINTED[measure],
                "relative difference": own["ours"] / theirs - 1 if same else np.nan, **about,
            })  # fmt: skip
    return pd.DataFrame(lines)


@needs("quality")
def table1(study: Study) -> pd.DataFrame:
    """The compared methods beside the paper's numbers, and the total variation of contents, styles and oracle."""
    frame = rated(study)
    beside = (frame["key"] == "tv") & frame["name"].isin(BESIDE)
    chosen = frame[beside | (frame["key"].isin(SHOWN) & frame["name"].isin(experiments.TABLE1))]
    return study.table("table1", chosen.drop(columns=["key", "name"]))


@needs("quality")
def quality(study: Study) -> pd.DataFrame:
    """Every measure of every method."""
    return study.table("extra_quality", rated(study).drop(columns=["key", "name"]))


@needs("timing")
def table2(study: Study) -> pd.DataFrame:
    """Median seconds at every size, networks and smoothing apart; how often faster than PhotoWCT, ours and theirs."""
    frame, called, paper = study.frame("timing"), labels(study), printed("table2")
    slow = frame[frame["name"] == "PhotoWCT"].set_index("width")["seconds_median"]
    ours = study.about("timing")
    where = f"{ours['evaluation']['device']}, threads: {ours['threads']}"
    lines = []
    for _, row in frame.iterrows():
        own = paper.loc[size(row["width"])] if size(row["width"]) in paper.index else pd.Series(dtype=float)
        theirs, smoothed = own.get(row["name"], np.nan), row["name"].startswith("PhotoWCT")
        lines.append({
            "size": size(row["width"]), "method": called[row["name"]], "seconds": row["seconds_median"],
            "networks": row["networks_s"], "smoothing": row["smoothing_s"] if smoothed else np.nan,
            "runs": int(row["runs"]),
            "times faster than PhotoWCT": slow.get(row["width"], np.nan) / row["seconds_median"],
            "paper: seconds": theirs, "paper: times faster": own.get("PhotoWCT", np.nan) / theirs, "on": where,
        })  # fmt: skip
    return study.table("table2", pd.DataFrame(lines))


@needs("anchors")
def anchors(study: Study) -> pd.DataFrame:
    """Errors to the oracle of what any network must beat, beside those of the compared networks (4.2)."""
    found, called = study.frame("anchors"), labels(study)
    known, networks = records.measured(study), records.compared(study)
    rows = [found.assign(what=found["name"].map(called))]
    rows += [known[known["genome"] == text].assign(what=called[name]) for name, text in networks.items()]
    frame = pd.concat(rows)[["what", "E", "P", "E_fro", "P_sum"]]
    bar = found.loc[found["name"] == "colour", "E"].min()
    return study.table("extra_anchors", frame.assign(**{"E below a colour transfer's": frame["E"] < bar}))


def networks(study: Study) -> pd.DataFrame | None:
    """The compared networks; what was trained and scored as a candidate has L and its parts."""
    if not (found := records.alive(study)):
        return None
    known, called, lines = records.measured(study).set_index("genome"), labels(study), []
    width = found[0].about["settings"]["width"]
    for name, text in records.compared(study).items():
        genome = SPACE.parse(text)
        decoder = SPACE.decode(genome)
        lines.append({
            "network": called[name], "genome": text, "bits": SPACE.ones(genome), "active": len(decoder.active),
            "transforms": len(decoder.transforms), "parameters (1e6)": photoreal.parameters(decoder) / 1e6,
            f"GMACs at {size(width)}": photoreal.macs(decoder, width // 2, width) / 1e9,
            **{part: known[part].get(text, np.nan) for part in PARTS},
        })  # fmt: skip
    return study.table("extra_networks", pd.DataFrame(lines))


@needs("noise")
def noise(study: Study) -> pd.DataFrame:
    """Means and standard deviations of genomes trained again, pooled in the last rows, with the authors' log's."""
    frame, pooled, authors = study.frame("noise"), records.noise(study), log.read()
    lines = [
        {"genome": name, "trainings": len(part), **{f"mean {of}": part[of].mean() for of in "LEP"},
         **{f"sd {of}": part[of].std() for of in "LEP"}}
        for name, part in ((str(key), part) for key, part in frame.groupby("name", sort=False))
    ]  # fmt: skip
    lines.append({"genome": "pooled", "trainings": len(frame), **{f"sd {of}": pooled.loc[of, "sd"] for of in "LEP"}})
    if authors is not None:
        lines.append({"genome": "authors' log", "trainings": len(authors), "sd L": log.noise(authors)})
    return study.table("extra_noise", pd.DataFrame(lines))


def searches(study: Study) -> pd.DataFrame | None:
    """What each search found, also at the budget that all have, and the trainings that shared weights saved."""
    if not (found := records.alive(study)):
        return None
    budget = min(len(one.rows) for one in found)
    weights = found[0].about["settings"]["weights"]
    lines = [{"search": one.part, "seed": one.seed, **_saved([one]), **_found(one, budget, weights)} for one in found]
    lines.append({"search": "all", **_saved(found)})
    return study.table("extra_searches", pd.DataFrame(lines).astype({"seed": "Int64"}))


def _found(one: Stored, budget: int, weights: list[float]) -> dict[str, float]:
    """The best of a search, also by quality alone, as random search seldom meets few operators (section 1)."""
    error, perceived, _ = weights
    rows = one.scored.assign(quality=error * one.scored["E"] + perceived * one.scored["P"])
    first, of_quality = rows[rows["k"] < budget], f"best {error:g}E+{perceived:g}P"
    return {"best L": rows["L"].min(), of_quality: rows["quality"].min(),
            "bits of the best": one.winner["genome"].count("1"), f"best L of {budget}": first["L"].min(),
            f"{of_quality} of {budget}": first["quality"].min()}  # fmt: skip


def _saved(found: list[Stored]) -> dict[str, int]:
    """Candidates with the network or the training of an earlier one: equal active genomes, equal training keys."""
    genomes = [SPACE.parse(text) for one in found for text in one.rows["genome"]]
    active, trained = ({of(genome) for genome in genomes} for of in (SPACE.active, SPACE.training_key))
    scored = sum(len(one.scored) for one in found)
    return {"asked": len(genomes), "scored": scored, "failed": len(genomes) - scored,
            "trainings avoided": len(genomes) - len(trained), "equal networks": len(genomes) - len(active)}  # fmt: skip


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (
    table1, quality, table2, anchors, networks, noise, searches,
)  # fmt: skip
