"""The paper's two tables beside ours, and the tables of searches, sizes and checks, made from records."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.papers.autogan import comparisons, printed, records
from lib.papers.autogan.records import SPENT, Stored
from lib.papers.study import Study, needs
from lib.spaces.autogan import NAMED

LABELS = {
    "a": "a, the paper's top1", "b": "b, the paper's top2", "c": "c, the paper's top3", "sngan": "SN-GAN",
    **{f"top{n}": f"our top{n}" for n in (1, 2, 3)}, "rsws": "random search, shared weights",
    "rses": "random search, no sharing",
}  # fmt: skip
PART_LABELS = {"mlas": "AutoGAN", "fid": "1/FD as reward", "noreset": "no dynamic reset", "slas": "single-level",
               "rsws": LABELS["rsws"], "rses": LABELS["rses"]}  # fmt: skip
PRINTED = {"derived": {"a": "AutoGAN-top1", "b": "AutoGAN-top2", "c": "AutoGAN-top3", "sngan": "SN-GAN"},
           "transfer": {"a": "AutoGAN", "sngan": "SN-GAN"}}  # fmt: skip
QUOTED = "printed; literature under mixed numbers of pictures and statistics"
FOUND = "printed; 50,000 pictures, best checkpoint of one run"
FEWER = "printed; 10,000 real and 5,000 generated pictures"
EXTERNAL = "first author's repository; 50,000 pictures"
TEXT = "printed in the text"
AUTHORS = "SN-GAN, first author's"


def label(name: str) -> str:
    """How a network is called; a genome stands for itself."""
    rank, _, search = name.partition("-")
    return f"{LABELS[rank]}, search {search}" if search and rank in LABELS else LABELS.get(name, name)


def _quoted(number: int) -> pd.DataFrame:
    """The paper's rows by method, with their protocol; those of random search and of the authors' SN-GAN are text."""
    frame = printed.table(number)[["IS", "IS ±", "FID", "FID ±"]].add_prefix("paper: ")
    frame["note"] = [FOUND if method.startswith("AutoGAN") else QUOTED for method in frame.index]
    if number == 2:
        return frame
    frame.loc["SN-GAN", "note"] = FEWER
    text = {AUTHORS: (*printed.AUTHORS_SNGAN, EXTERNAL)}
    text |= {LABELS[name]: (*scores, TEXT) for name, scores in printed.RANDOM.items()}
    columns = ["paper: IS", "paper: FID", "note"]
    return pd.concat([frame, pd.DataFrame.from_dict(text, "index", columns=columns)])


def _ours(study: Study, part: str) -> pd.DataFrame:
    """Each trained network's scores under their names: means over trainings, KD with its interval over pictures and
    its standard deviation over trainings."""
    frame = study.frame(part)
    trained = frame.groupby("name", sort=False)
    found = {"genome": trained["text"].first(), "trainings": trained.size()}
    for measure in records.measured(frame):
        called = records.column(study, part, measure)
        found[called] = trained[measure].mean()
        if measure == "kd":
            found |= {f"{called}, {end}": trained[f"kd_{end}"].mean() for end in ("low", "high")}
            found[f"{called}, sd"] = trained["kd"].std()
    best = records.column(study, part, f"fd_{study.about(part)['scores']['reward']}")
    found[f"best {best}"] = trained["best_fd_task"].mean()
    found["at G-step"] = trained["best_g_iter"].agg(lambda steps: ", ".join(f"{step:.0f}" for step in steps.dropna()))
    return pd.DataFrame(found).rename(lambda name: PRINTED[part].get(name, label(name)))


def beside(study: Study, part: str, number: int) -> pd.DataFrame:
    """A table of the paper with our scores beside it; a difference only where ours is the paper's quantity."""
    paper, ours = _quoted(number), _ours(study, part)
    methods = [*paper.index.drop(list(map(label, printed.RANDOM)), errors="ignore"), *ours.index, *paper.index]
    frame = paper.join(ours, how="outer").reindex(list(dict.fromkeys(methods)))
    same = not records.lacks(study, part, records.PAPERS[part][0])
    for metric, own in (("IS", "IS ↑"), ("FID", "FID ↓")):
        frame[f"ours - paper: {metric}"] = frame[own] - frame[f"paper: {metric}"] if same else np.nan
    protocol = frame["genome"].notna().map({True: records.protocol(study, part), False: ""})
    note = frame.pop("note").fillna("").str.cat(protocol, sep="; ").str.strip("; ")
    first = [frame.pop(name) for name in ("genome", "trainings")]
    frame = pd.concat([*first, frame, note], axis=1).astype({"trainings": "Int64"})
    return frame.rename_axis("method").reset_index()


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
    if len(last := records.climbed(study)):
        lines.append({
            "search": PART_LABELS["rses"], "seed": 0, "D-steps": int(records.d_steps(study, "rses")),
            "G-steps": int(last["g_iters"].sum()), "genomes": len(last), "seconds": last["seconds"].sum(),
            "best": records.survivor(study),
        })  # fmt: skip
    if not lines:
        return None
    whole = ("seed", "iterations", "D-steps", "G-steps", "genomes", "reward pictures", "resets", "would reset")
    frame = pd.DataFrame(lines)
    frame = frame[[*frame.columns.drop("best"), "best"]]
    return study.table("extra_searches", frame.astype({name: "Int64" for name in whole if name in frame}))


def _search(one: Stored) -> dict[str, object]:
    last, spent = one.rows.iloc[-1], one.rows[list(SPENT.values())].sum()
    saved, expected = comparisons.savings(one)
    return {
        "search": PART_LABELS[one.part], "seed": one.seed, "iterations": len(one.rows), "D-steps": last["d_steps"],
        "G-steps": last["g_steps"], "reward pictures": last["reward_images"], "last mean reward": last["reward_mean"],
        "seconds": spent.sum(), **{f"s, {name}": spent[column] for name, column in SPENT.items()},
        "memo saves, first stage": saved, "uniform draws would": expected,
        "resets": int(one.rows["reset"].sum()), "would reset": int(one.rows["would_reset"].sum()),
        "best": one.kept[0],
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
    """The scores of pictures whose place is known: real ones, other real ones, noise."""
    frame = study.frame("checks")
    names = {measure: records.column(study, "checks", measure) for measure in records.measured(frame)}
    return study.table("extra_checks", frame[["name", *names]].rename(columns={"name": "pictures", **names}))


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (table1, table2, searches, complexity, checks)
