"""The paper's two tables beside ours, and the tables of searches, sizes and checks, made from records."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from lib.papers.autogan import comparisons, printed, records
from lib.papers.autogan.records import ARROWS, MEASURES, SPENT, Stored
from lib.papers.study import Study, needs
from lib.spaces.autogan import NAMED

LABELS = {
    "a": "a, the paper's top1", "b": "b, the paper's top2", "c": "c, the paper's top3", "sngan": "SN-GAN",
    **{f"top{n}": f"our top{n}" for n in (1, 2, 3)}, "rsws": "random search, shared weights",
    "rses": "random search, no sharing",
}  # fmt: skip
PART_LABELS = {"mlas": "AutoGAN", "fid": "1/FD as reward", "noreset": "no dynamic reset", "slas": "single-level",
               "rsws": "random search, shared weights", "rses": "random search, no sharing"}  # fmt: skip
PRINTED = {"derived": {"a": "AutoGAN-top1", "b": "AutoGAN-top2", "c": "AutoGAN-top3", "sngan": "SN-GAN"},
           "transfer": {"a": "AutoGAN", "sngan": "SN-GAN"}}  # fmt: skip
QUOTED = "printed; literature under mixed numbers of pictures and statistics"
FEWER = "printed; 10,000 real and 5,000 generated pictures"
EXTERNAL = "first author's repository; 50,000 pictures"


def label(name: str) -> str:
    """How a network is called; a genome stands for itself."""
    rank, _, search = name.partition("-")
    return f"{LABELS[rank]}, search {search}" if search and rank in LABELS else LABELS.get(name, name)


def _quoted(number: int) -> dict[str, dict[str, object]]:
    """The paper's rows by method, with their protocol; those of random search and of the authors' SN-GAN are text."""
    frame = printed.table(number)
    found: dict[str, dict[str, object]] = {
        str(method): {**{f"paper: {column}": row[column] for column in ("IS", "IS ±", "FID", "FID ±")}, "note": QUOTED}
        for method, row in frame.iterrows()
    }
    if number == 1:
        found["SN-GAN"]["note"] = FEWER
        found["SN-GAN, first author's"] = _pair(printed.AUTHORS_SNGAN, EXTERNAL)
    for method, row in found.items():
        if method.startswith("AutoGAN"):
            row["note"] = "printed; 50,000 pictures, best checkpoint of one run"
    return found


def _pair(scores: tuple[float, float], note: str) -> dict[str, object]:
    return {"paper: IS": scores[0], "paper: FID": scores[1], "note": note}


def _ours(study: Study, part: str) -> dict[str, dict[str, object]]:
    """Each trained network's scores under their names: means over trainings, KD with its interval over pictures."""
    frame = study.frame(part)
    shown = [name for name in (*MEASURES, "is_task", "fd_task", "kd_task") if name in frame]
    best = "best " + records.score("fd", study.about(part)["scores"]["reward"]) + ARROWS["fd"]
    found = {}
    for name, rows in frame.groupby("name", sort=False):
        scores: dict[str, object] = {"genome": rows["text"].iloc[0], "trainings": len(rows)}
        for measure in shown:
            called = records.name(study, part, measure)
            scores[called + ARROWS[measure[:2]]] = rows[measure].mean()
            if measure == "kd":
                scores |= {
                    f"{called} {end}": rows[f"kd_{end}"].mean() for end in ("low", "high") if f"kd_{end}" in rows
                }
                scores[f"{called} sd of trainings"] = rows["kd"].std()
        scores[best], at = rows["best_fd_task"].mean(), rows["best_g_iter"].dropna()
        found[str(name)] = scores | {"at G-step": ", ".join(f"{step:.0f}" for step in at)}
    return found


def beside(study: Study, part: str, number: int) -> pd.DataFrame:
    """A table of the paper with our scores beside it; a difference only where ours is the paper's quantity."""
    quoted, ours, wanted = _quoted(number), _ours(study, part), PRINTED[part]
    same, lines = not records.lacks(study, part, records.PAPERS[part][0]), list[dict[str, object]]()
    protocol = records.protocol(study, part)
    for method, paper in quoted.items():
        own = next((name for name, printed_as in wanted.items() if printed_as == method), "")
        lines.append({"method": method, **paper, **_joined(ours.pop(own, None), paper, protocol, same)})
    for name, scores in ours.items():
        text = printed.RANDOM.get(name) if part == "derived" else None
        paper = _pair(text, "printed in the text") if text else {}
        lines.append({"method": label(name), **paper, **_joined(scores, paper, protocol, same)})
    frame = pd.DataFrame(lines)
    first = ["method", "genome", "trainings", "paper: IS", "paper: IS ±", "paper: FID", "paper: FID ±"]
    last = ["ours - paper: IS", "ours - paper: FID", "note"]
    frame = frame.astype({"trainings": "Int64"})
    return frame[[*first, *(column for column in frame if column not in first + last), *last]]


def _joined(ours: Mapping[str, object] | None, paper: Mapping[str, object], protocol: str,
            same: bool) -> dict[str, object]:  # fmt: skip
    """Our columns of a line, with the difference to the paper and both notes."""
    gaps = {f"ours - paper: {metric}": np.nan for metric in ("IS", "FID")}
    if ours is None:
        return dict(gaps)
    if same:
        for metric, arrow in (("IS", "is"), ("FID", "fd")):
            value = ours[metric + ARROWS[arrow]]
            gaps[f"ours - paper: {metric}"] = value - paper.get(f"paper: {metric}", np.nan)  # type: ignore[operator]
    note = "; ".join(map(str, filter(None, (paper.get("note"), protocol))))
    return {**ours, **gaps, "note": note}


@needs("derived")
def table1(study: Study) -> pd.DataFrame:
    """CIFAR-10: literature and AutoGAN as printed, ours beside them, and our other networks."""
    return study.table("table1", beside(study, "derived", 1))


@needs("transfer")
def table2(study: Study) -> pd.DataFrame:
    """The larger pictures: STL-10 as printed, ours beside it."""
    return study.table("table2", beside(study, "transfer", 2))


def searches(study: Study) -> pd.DataFrame | None:
    """What every search cost and found: steps, pictures, seconds, what the memo saved, and resets."""
    lines = [_search(one) for one in records.searches(study)]
    if study.has("rses") and len(frame := study.frame("rses")):
        best = frame[frame["rung"] == frame["rung"].max()].sort_values("score", kind="stable").iloc[0]
        last = records.climbed(study)
        lines.append({
            "search": PART_LABELS["rses"], "seed": 0, "D-steps": int(records.d_steps(study, "rses")),
            "G-steps": int(last["g_iters"].sum()), "genomes": len(last), "seconds": last["seconds"].sum(),
            "best": best["text"],
        })  # fmt: skip
    if not lines:
        return None
    whole = ("seed", "iterations", "D-steps", "G-steps", "genomes", "reward pictures", "resets", "would reset")
    frame = pd.DataFrame(lines)
    frame = frame[[*frame.columns.drop("best"), "best"]]
    return study.table("extra_searches", frame.astype({name: "Int64" for name in whole if name in frame}))


def _search(one: Stored) -> dict[str, object]:
    last, spent = one.rows.iloc[-1], one.rows[list(SPENT.values())].sum()
    kept, saved = last["beams"], comparisons.savings(one) or {}
    return {
        "search": PART_LABELS[one.part], "seed": one.seed, "iterations": len(one.rows), "D-steps": last["d_steps"],
        "G-steps": last["g_steps"], "reward pictures": last["reward_images"], "last mean reward": last["reward_mean"],
        "seconds": spent.sum(), **{f"s, {name}": spent[column] for name, column in SPENT.items()},
        "memo saves, first stage": saved.get("saved", np.nan), "uniform draws would": saved.get("expected", np.nan),
        "resets": int(one.rows["reset"].sum()), "would reset": int(one.rows["would_reset"].sum()),
        "best": kept[0] if isinstance(kept, list) and kept else "",
    }  # fmt: skip


def complexity(study: Study) -> pd.DataFrame:
    """Parameters and multiply-accumulates of the known generators at the authors' width, beside what is printed."""
    lines: list[dict[str, object]] = []
    for name in NAMED:
        ours, theirs = printed.macs(name), printed.GFLOPS.get(name, np.nan)
        lines.append({"generator": label(name), "parameters": printed.parameters(name), "GMACs at 32 px": ours,
                      "GMACs at 48 px": printed.macs(name, 48), "paper: GFLOPS": theirs,
                      "relative difference": ours / theirs - 1})  # fmt: skip
    lines.append({"generator": "Progressive GAN (printed)", "paper: GFLOPS": printed.PROGRESSIVE})
    return study.table("extra_complexity", pd.DataFrame(lines).astype({"parameters": "Int64"}))


@needs("checks")
def checks(study: Study) -> pd.DataFrame:
    """The scores of pictures whose place is known: real ones, other real ones, noise (section 7)."""
    frame = study.frame("checks")
    lines = []
    for _, row in frame.iterrows():
        found = {records.name(study, "checks", measure) + ARROWS[measure[:2]]: row[measure]
                 for measure in (*MEASURES, "is_task", "fd_task", "kd_task") if measure in frame}  # fmt: skip
        lines.append({"pictures": row["name"], **found})
    return study.table("extra_checks", pd.DataFrame(lines))


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (table1, table2, searches, complexity, checks)
