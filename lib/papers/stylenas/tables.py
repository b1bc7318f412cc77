"""The paper's two tables beside ours, and the tables of anchors, networks, noise and searches, made from records."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.papers.study import Study, needs
from lib.papers.stylenas import evaluate, experiments, log, records
from lib.papers.stylenas.records import SPACE, Stored
from lib.paths import paper_numbers

PAPER = {"PhotoWCT": "PhotoWCT", "AE1": "PhotoWCT-AE1", "RS": "StyleNAS-RS", "S5": "StyleNAS-5opt",
         "S7": "StyleNAS-7opt", "S9": "StyleNAS-9opt"}  # fmt: skip
LABELS = {
    "AE1": "PhotoWCT-AE1", "RS": "random search's best", "best": "evolution's best",
    "S7-ref": "S7 as printed", "S9-ref": "S9 stand-in",
    "PhotoWCT-raw": "PhotoWCT, not smoothed", "PhotoWCT-guided": "PhotoWCT, guided filter",
    "colour": "colour transfer", "oracle-off": "oracle, no transforms", "reference": "authors' pictures",
}  # fmt: skip
ENCODERS = {"vgg16": "VGG-16", "vgg19": "VGG-19"}
SUBSETS = {"": "ours", "_search": "search pairs", "_heldout": "held-out pairs"}
PRINTED = {"fd_style": "FID-Style", "fd_oracle": "FID-Oracle", "tv": "TV score"}  # of our measures
ARROWS = {"tv": " ↑", "ssim": ""}  # the distances are to be low
WIDTH, PAIRS = 768, "style/photoreal"  # of the paper's table 1
PARTS = ["L", "E", "P", "O"]


def labels(study: Study) -> dict[str, str]:
    """How methods and anchors are called; a searched network with other bits than its name says shows their number."""
    found = {name: LABELS.get(name, name) for name in (*experiments.METHODS, "oracle-off")}
    for name, row in records.substitutes(study).iterrows():
        by = "" if row["part"] == "evolution" else f", {row['part']}"
        found[str(name)] = f"{name} ({row['bits']} bits{by})"
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
            "kd_oracle": f"{kd} to oracle", "tv": "TV", "ssim": "SSIM to content"}  # fmt: skip


@needs("quality")
def table1(study: Study) -> pd.DataFrame:
    """Every measure of every method and anchor, with 95 % intervals over half samples of the pairs, if there are any.

    The relative difference is left out where the paper's quantity is another one: other features, pairs or size.
    """
    frame, called, paper = study.frame("quality").set_index("name"), labels(study), printed("table1")
    alike = study.about("quality")["evaluation"]["pairs"] == PAIRS and frame["width"].iloc[0] == WIDTH
    parts = []
    for measure, name in measures(study).items():
        draws = [records.drawn(row, measure) for _, row in frame.iterrows()]
        ends = [np.percentile(one, [2.5, 97.5]) if len(one) else (np.nan, np.nan) for one in draws]
        theirs = frame.index.map(paper.loc[PRINTED[measure]].to_dict() if measure in PRINTED else {}).astype(float)
        same = alike and (measure == "tv" or name.startswith("FID"))
        parts.append(pd.DataFrame({
            "measure": name + ARROWS.get(measure, " ↓"), "method": frame.index.map(called),
            **{column: frame.get(f"{measure}{suffix}", np.nan) for suffix, column in SUBSETS.items()},
            "ours, low": [low for low, _ in ends], "ours, high": [high for _, high in ends], "paper": theirs,
            "paper's measure": np.where(np.isnan(theirs), "", PRINTED.get(measure, "")),
            "relative difference": frame[measure] / theirs - 1 if same else np.nan,
            **frame[["width", "pairs"]],
        }, index=frame.index))  # fmt: skip
    return study.table("table1", pd.concat(parts).dropna(subset="ours"))


@needs("timing")
def table2(study: Study) -> pd.DataFrame:
    """Median seconds at every size, networks and smoothing apart; how often faster than PhotoWCT, ours and theirs."""
    frame = study.frame("timing").assign(size=lambda rows: rows["width"].map(size))
    paper = printed("table2").rename_axis("size").reset_index().melt("size", var_name="name", value_name="theirs")
    rows = frame.merge(paper, "left", on=["size", "name"])
    slow = rows[rows["name"] == "PhotoWCT"].set_index("size")[["seconds_median", "theirs"]]
    ours, theirs = (rows["size"].map(slow[column]) / rows[column] for column in slow)
    return study.table("table2", pd.DataFrame({
        "size": rows["size"], "method": rows["name"].map(labels(study)), "ours: seconds": rows["seconds_median"],
        "networks": rows["networks_s"], "runs": rows["runs"].astype(int),
        "smoothing": rows["smoothing_s"].where(rows["name"].str.startswith("PhotoWCT")),
        "ours: times faster": ours, "paper: seconds": rows["theirs"], "paper: times faster": theirs,
        "on": records.machine(study),
    }))  # fmt: skip


@needs("anchors")
def anchors(study: Study) -> pd.DataFrame:
    """Errors to the oracle of what any network must beat, beside those of the compared networks (4.2)."""
    found, called, known = study.frame("anchors"), labels(study), records.measured(study)
    networks = records.compared(study)["genome"].reset_index()
    frame = pd.concat([found, networks.merge(known.drop(columns="name", errors="ignore"), on="genome")])
    bar = found.loc[found["name"] == "colour", "E"].min()
    columns = {"E": "E", "P": "P", "E_fro": "E, Frobenius norm", "P_sum": "P, sum of taps"}
    shown = frame[list(columns)].rename(columns=columns).assign(**{"E below a colour transfer's": frame["E"] < bar})
    shown.insert(0, "what", frame["name"].map(called))
    return study.table("extra_anchors", shown)


@needs("evolution-0")
def networks(study: Study) -> pd.DataFrame:
    """The compared networks; what was trained and scored as a candidate has L and its parts."""
    known, called, lines = records.measured(study).set_index("genome"), labels(study), []
    width = study.about("evolution-0")["settings"]["width"]
    for name, text in records.genomes(study).items():
        genome, sizes = SPACE.parse(text), evaluate.size(SPACE.parse(text), width)
        lines.append({
            "network": called[name], "genome": text, "bits": SPACE.ones(genome),
            "active": SPACE.ones(SPACE.active(genome)), "transforms": sizes["transforms"],
            "parameters (1e6)": sizes["params"] / 1e6, f"GMACs at {size(width)}": sizes["gmacs"],
            **{part: known[part].get(text, np.nan) for part in PARTS},
        })  # fmt: skip
    return study.table("extra_networks", pd.DataFrame(lines))


@needs("noise")
def noise(study: Study) -> pd.DataFrame:
    """Means and standard deviations of genomes trained again, pooled in the last rows, with the authors' log's."""
    groups, authors = study.frame("noise").groupby("name", sort=False), log.read()
    each = groups[["L", "E", "P"]].agg(["mean", "std"])
    each.columns = each.columns.map(lambda of: of[0] if of[1] == "mean" else f"{of[0]}, sd")
    each.insert(0, "trainings", groups.size())
    below = {"pooled": {"trainings": each["trainings"].sum(), **records.noise(study)["sd"].add_suffix(", sd")}}
    if authors is not None:
        below["authors' log"] = {"trainings": len(authors), "L, sd": log.noise(authors)}
    table = pd.concat([each, pd.DataFrame.from_dict(below, orient="index")])
    return study.table("extra_noise", table.rename_axis("genome").reset_index())


@needs("evolution-0")
def searches(study: Study) -> pd.DataFrame:
    """What each search found, also at the budget that all have, and the trainings that shared weights saved."""
    found = records.alive(study)
    budget, (error, perceived, _) = min(len(one.rows) for one in found), found[0].about["settings"]["weights"]
    columns = {"L": "best L", "image": f"best {error:g}E+{perceived:g}P"}  # random search seldom meets few operators
    lines = [
        {"search": one.part, "seed": one.seed, **_saved([one]),
         **{name: one.scored[of].min() for of, name in columns.items()},
         "bits of the best": one.winner["genome"].count("1"),
         **{f"{name} of {budget}": one.first(budget)[of].min() for of, name in columns.items()}}
        for one in found
    ]  # fmt: skip
    lines.append({"search": "all", **_saved(found)})
    return study.table("extra_searches", pd.DataFrame(lines).astype({"seed": "Int64"}))


def _saved(found: list[Stored]) -> dict[str, int]:
    """Candidates with the network or the training of an earlier one: equal active genomes, equal training keys."""
    genomes = [SPACE.parse(text) for one in found for text in one.rows["genome"]]
    active, trained = ({of(genome) for genome in genomes} for of in (SPACE.active, SPACE.training_key))
    scored = sum(len(one.scored) for one in found)
    return {"asked": len(genomes), "scored": scored, "failed": len(genomes) - scored,
            "trainings avoided": len(genomes) - len(trained), "equal networks": len(genomes) - len(active)}  # fmt: skip


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (
    table1, table2, anchors, networks, noise, searches,
)  # fmt: skip
