"""The paper's tables beside ours, and the tables of our own experiments, as tidy frames made from records."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from lib.papers.nasdip import printed, records
from lib.papers.nasdip.baselines import classical
from lib.papers.nasdip.records import CALLED, MEASURED, MEASURES, ORACLE, difference
from lib.papers.study import Study, needs

PAPER = {"DIP": "DIP", "Sym NAS-DIP": "Sym", "Asym NAS-DIP": "Asym", "Asym NAS-DIP-T": "Asym-T"}
BY_TRUTH = ("sym", "truth", "epochs", "random")  # arms whose fitness is an oracle
METHODS = {
    "untouched": "untouched (noisy, hole black, or bicubic)", "bilinear": "bilinear", "nearest": "nearest pixel",
    "telea": "Telea (OpenCV)", "navier_stokes": "Navier-Stokes (OpenCV)", "biharmonic": "biharmonic (scikit-image)",
    **{f"{arm}{output}": label + how for arm, label in (
        ("dip_matched", "DIP, matched"), ("dip_scaled", "DIP 3x32, matched"), ("dip_published", "DIP published"))
       for output, how in (("", ""), ("_oracle", ", ORACLE stop"), ("_averaged", ", averaged output"))},
    "truth": f"NAS-DIP{ORACLE}", "observed": "NAS-DIP, fitness by the observation",
    "heldout": "NAS-DIP, fitness by held-out pixels", "random": f"random search{ORACLE}",
}  # fmt: skip
RATES = {"DIP": "DIP", **{f"{rate:g}": f"NAS-DIP pm={rate:.2f}" for rate in (0.01, 0.02, 0.05, 0.1)}}
LAST = 2  # generations in which the cache's savings are counted


def _share(every: pd.DataFrame) -> str:
    """How much of its own iterations the published network got, where it was not all."""
    rows = every[every["arm"] == "dip_published"]
    shares = [steps / classical(row).iterations for row, steps in zip(rows["row"], rows["iterations"], strict=True)]
    return f" ({np.mean(shares):.0%} of its steps)" if shares and min(shares) < 1 else ""


def _ours(every: pd.DataFrame, rows: list[str], arms: Mapping[str, str], measure: str) -> dict[str, float]:
    """Under the name of each arm the mean over rows of its means, with Student's interval for the noise of searches."""
    found: dict[str, float] = {}
    for arm, called in arms.items():
        groups = [records.values(every, row, arm, measure) for row in rows]
        value = low = high = np.nan
        if groups and all(map(len, groups)):
            value, low, high, _ = difference([(group, group[:0]) for group in groups])
        found |= {called: value, f"{called}, low": low, f"{called}, high": high}
    return found


def _known_limits(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without columns of limits that nothing is known of, as where every search was made once."""
    limits = [name for name in frame.columns.astype(str) if name.endswith((", low", ", high"))]
    return frame.drop(columns=[name for name in limits if frame[name].isna().all()])


@needs("rescored", "baselines")
def table1(study: Study) -> pd.DataFrame:
    """Means a data set and task, DIP and NAS-DIP, the paper's and ours; ours are the rows of the DIP data set."""
    every, rows = records.arms(study), [row for row in printed.rows() if row in records.rows_of(study, "truth")]
    found = []
    for (data, task, metric), part in printed.values("table1").groupby(["dataset", "task", "metric"], sort=False):
        measure = next(name for name, label in MEASURES.items() if label == metric)
        used = [row for row in rows if records.task(row) == task and data == "DIP"]
        paper = part.set_index("method")["value"]
        mine = _ours(every, used, {"dip_matched": "ours: DIP", "truth": f"ours: NAS-DIP{ORACLE}"}, measure)
        note = "" if used else "data not available" if data != "DIP" else "not run"
        found.append({"data": data, "task": task, "metric": metric, "paper: DIP": paper["DIP"],
                      "paper: NAS-DIP": paper["NAS-DIP"], **mine, "our rows": len(used), "note": note})  # fmt: skip
    return study.table("table1", _known_limits(pd.DataFrame(found)))


@needs("rescored", "baselines")
def table2(study: Study) -> pd.DataFrame:
    """Every row and measure: the paper's four columns, then ours with the untouched input and random search.

    `searches` counts ours of Sym, Asym, Asym-T and random search, in that order; each is scored with fresh seeds.
    """
    every = records.arms(study)
    paper = printed.values("table2").set_index(["image", "method", "metric"])["value"]
    names, found = {arm: f"{'ours: ' * (name in PAPER.values())}{name}" for arm, name in CALLED.items()}, []
    names["dip_published"] += _share(every)
    names |= {arm: names[arm] + ORACLE for arm in BY_TRUTH}
    for row in records.rows_of(study, "truth"):
        searches = _searches(every, row, BY_TRUTH)
        for measure, metric in MEASURES.items():
            theirs = {f"paper: {name}": paper.get((records.title(row), of, metric)) for of, name in PAPER.items()}
            mine = _ours(every, [row], names, measure)
            found.append({"row": records.title(row), "metric": metric, **theirs, **mine, "searches": searches})
    return study.table("table2", _known_limits(pd.DataFrame(found)))


@needs("rescored")
def table3(study: Study) -> pd.DataFrame:
    """Mutation rates: the paper's values, `?` where they cannot be read with certainty, and ours of the swept rows.

    `searches` counts ours of each rate, in the order of the columns.
    """
    every, swept = records.arms(study), records.rows_of(study, "mutation")
    paper = printed.values("table3")
    texts = ["" if pd.isna(value) else f"{value:g}" for value in paper["value"]]
    paper["text"] = [text + "?" * (certain == "no") for text, certain in zip(texts, paper["certain"], strict=True)]
    legible, found = paper.set_index(["image", "method", "metric"])["text"], []
    # The main rate was run in the part `truth`.
    special = {"DIP": "dip_matched"} | {
        f"{one.search.mutation_rate:g}": "truth" for one in records.stored(study, "truth")
    }
    arms = {special.get(name, f"rate {name}"): f"ours: {name}{ORACLE * (name != 'DIP')}" for name in RATES}
    for row in dict.fromkeys([*printed.rows(), *swept]):
        for measure, metric in MEASURES.items():
            title = records.title(row)
            theirs = {f"paper: {name}": legible.get((title, method, metric), "") for name, method in RATES.items()}
            mine = _ours(every, [row] if row in swept else [], arms, measure)
            searches = _searches(every, row, list(arms)[1:]) if row in swept else ""
            found.append({"row": title, "metric": metric, **theirs, **mine, "searches": searches})
    return study.table("table3", _known_limits(pd.DataFrame(found)))


def _searches(every: pd.DataFrame, row: str, arms: Sequence[str]) -> str:
    """How many searches of a row there are of each arm."""
    return "/".join(str(len(records.values(every, row, arm, "psnr"))) for arm in arms)


@needs("baselines")
def baselines(study: Study) -> pd.DataFrame:
    """One line a row and method that was run, those that the paper did not run included: mean measures.

    `n` are the searches, or seeds, behind them.
    """
    every, rows = records.arms(study), records.rows_of(study, "truth")
    grouped = every.groupby(["row", "arm"])
    known = grouped[list(MEASURED)].mean().assign(n=grouped.size()).to_dict("index")
    lines = [{"row": records.title(row), "task": records.task(row), "method": called, **known[row, arm]}
             for row in rows for arm, called in METHODS.items() if (row, arm) in known]  # fmt: skip
    frame = pd.DataFrame(lines).rename(columns={**MEASURES, "psnr_hole": "PSNR in the hole"})
    frame["method"] = frame["method"].str.replace(CALLED["dip_published"], CALLED["dip_published"] + _share(every))
    return study.table("extra_baselines", frame.dropna(axis=1, how="all").astype({"n": int}))


def searches(study: Study) -> pd.DataFrame | None:
    """What the searches of each part cost (C16), and what the cache saved in their last generations."""
    found = []
    for part in dict.fromkeys(one.search.part for one in records.stored(study)):
        runs = records.stored(study, part)
        rows = pd.concat([one.rows for one in runs])
        valid = rows[rows["valid"]]
        trained = valid[valid["cached"] == ""]
        ends = [one.rows.query(f"generation > generation.max() - {LAST}") for one in runs if one.populations]
        late = pd.concat(ends) if ends else rows.head(0)
        found.append({
            "part": part, "searches": len(runs), "asked": len(rows), "valid share": rows["valid"].mean(),
            "trainings": len(trained), "repeats of a network": (valid["cached"] == "record").sum(),
            "from the cache": (valid["cached"] == "disk").sum(),
            "seconds a training": trained["seconds"].mean(), "seconds a proposal": trained["seconds"].sum() / len(rows),
            f"last {LAST} generations: asked": len(late), "of them invalid": (~late["valid"]).sum(),
            "of them saved by the cache": (late["cached"] == "record").sum(),
        })  # fmt: skip
    return study.table("extra_searches", pd.DataFrame(found)) if found else None


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (table1, table2, table3, baselines, searches)
