"""One paper's study: its runs, and its folder of figures with the records that everything drawn is read from."""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial, wraps
from itertools import count, takewhile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from lib import papers
from lib.papers.settings import fingerprint, profile_values
from lib.paths import PROFILES, ROOT, atomic, figures_dir, notebooks_dir, shown
from lib.report import claims, provenance, saving, style, tables
from lib.report.claims import Claim, Finding
from lib.search import record, runs

T = TypeVar("T")
LARGE, JPEG = 64_000, 85  # bytes of a picture that is kept as it is, at most; quality of the others


@dataclass(frozen=True, eq=False)
class Seeded:
    """One of the searches of a part, which differ by their seed."""

    part: str
    seed: int

    @property
    def name(self) -> str:
        """Of its record."""
        return f"{self.part}-{self.seed}"


def resolved_profile(notebook: str, parameters: Mapping[str, Any]) -> str:
    """The profile these parameters really are: the one they name if its values are untouched, else `custom`.

    Smoke's values are known by a fingerprint in the notebook's metadata (without one, as in a notebook that was never
    run with `--save`, they are whatever it says), the others from their parameter files; a page without one has smoke's
    values on every profile.
    """
    profile = parameters["profile"]
    if profile not in (*PROFILES, "custom"):
        raise ValueError(f"profile is {profile!r}; allowed are {', '.join(PROFILES)}")
    file = notebooks_dir() / "profiles" / profile / f"{notebook}.yaml"
    if profile == "custom":
        return profile
    if profile == "smoke" or not file.is_file():
        page = json.loads((notebooks_dir() / f"{notebook}.ipynb").read_text(encoding="utf-8"))
        expected = page["metadata"].get("workbook", {}).get("smoke", fingerprint(parameters))
    else:
        expected = fingerprint(profile_values(file))
    return profile if fingerprint(parameters) == expected else "custom"


def needs(*parts: str, name: str = "") -> Callable[[Callable[["Study"], T]], Callable[["Study"], T | None]]:
    """Decorates a product of a study, such as a figure: it is None where one of these parts was not run.

    So it is where every row of one failed, which is noted under the function's name or the one given.
    """

    def decorate(product: Callable[["Study"], T]) -> Callable[["Study"], T | None]:
        @wraps(product)
        def where_run(study: "Study") -> T | None:
            if not all(map(study.has, parts)):
                return None
            for part in parts:
                if study.frame(part).empty:
                    study.lack(name or product.__name__, f"every row of part {part} failed: {study.failures(part)[:1]}")
                    return None
            return product(study)

        return where_run

    return decorate


class Study:
    """Runs go to `data/runs/<profile>/<slug>`; records, pictures, figures and tables to `figures/<profile>/<slug>`.

    Everything drawn is read from the records in the figure folder, so a live run and a later redraw draw the same.
    """

    def __init__(self, slug: str, profile: str, *, fresh: bool = False, folder: Path | None = None) -> None:
        self.slug, self.profile, self.fresh = slug, profile, fresh
        self.folder = folder or figures_dir() / profile / slug
        self.written: list[Path] = []
        self.missing: dict[str, str] = {}
        self._redrawn = folder is not None
        self._fresh_done: set[str] = set()
        self._exported: set[str] = set()
        self._read: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}  # header and rows of each part
        self._frames: dict[tuple[str, bool], pd.DataFrame] = {}
        self._started = time.monotonic()

    @cached_property
    def records(self) -> Path:
        """Where exported records and the pictures that may be shown lie."""
        return self.folder / "records"

    def open_run(self, part: str, identity: dict[str, Any]) -> runs.Run:
        """The run of a part; with `fresh`, the first opening starts it over."""
        fresh = self.fresh and part not in self._fresh_done
        self._fresh_done.add(part)
        return runs.open_run(self.profile, self.slug, part, identity, fresh=fresh)

    def export(self, run: runs.Run, part: str, showable: Mapping[str, bool]) -> None:
        """Copy a run's record, and the named pictures with whether each may be shown, to the figure folder.

        A picture above `LARGE` bytes becomes a JPEG; the run folder keeps it as it is.
        Pictures of the part that an earlier export left there are removed, so that none is taken for another's. The
        run folder gets its manifest.
        """
        self._exported.add(part)
        self._read.pop(part, None)
        for failed in (True, False):
            self._frames.pop((part, failed), None)
        run.write_manifest(_manifest(run))
        record.export(run.record.path, self.records / f"{part}.jsonl.gz")
        for stale in self.records.glob(f"p*/{part}-*.*"):
            stale.unlink()
        for name, public in showable.items():
            target = self.records / ("pictures" if public else "private") / f"{part}-{Path(name).name}"
            _copy(run.folder / name, target)

    def has(self, part: str) -> bool:
        """Whether the part's record is there; in a live study, only if this study exported it.

        An older export may have been made with other settings.
        """
        return (self._redrawn or part in self._exported) and (self.records / f"{part}.jsonl.gz").is_file()

    def frame(self, part: str, *, failed: bool = False) -> pd.DataFrame:
        """A part's rows, the failed ones (without a score, but a reason) only if asked for; KeyError if it was not run.

        In a search these include the genomes that were invalid.
        """
        rows = self._stored(part)[1]
        if (part, failed) not in self._frames:
            kept = (row for row in rows if failed or row.get("score", 0.0) is not None)
            self._frames[part, failed] = record.frame(kept)
        return self._frames[part, failed].copy()

    def failures(self, part: str) -> list[str]:
        """The reasons of a part's failed rows."""
        return [row["reason"] for row in self._stored(part)[1] if row.get("score", 0.0) is None]

    def about(self, part: str) -> dict[str, Any]:
        """What a part's record depends on, as its header says."""
        return dict(self._stored(part)[0]["identity"])

    def _stored(self, part: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A part's header and rows, read once: claims and figures ask for the same ones hundreds of times."""
        if not self.has(part):
            raise KeyError(f"part {part!r} was not run for profile {self.profile!r}")
        if part not in self._read:
            self._read[part] = record.read(self.records / f"{part}.jsonl.gz")
        return self._read[part]

    def seeds(self, part: str) -> Iterator[Seeded]:
        """The searches of a part that have a record, from seed 0 up to the first without one."""
        found = (Seeded(part, seed) for seed in count())
        return takewhile(lambda one: self.has(one.name), found)

    def picture(self, part: str, name: str, *, private: bool = False) -> np.ndarray | None:
        """A stored picture (H, W, 3) uint8; None if it is absent, or may not be shown and `private` is off."""
        for folder in ("pictures", "private") if private else ("pictures",):
            path = self.records / folder / f"{part}-{Path(name).name}"
            for kept in (path, path.with_suffix(".jpg")):
                if kept.is_file():
                    return np.asarray(Image.open(kept).convert("RGB"))
        return None

    def figure(self, name: str, figure: Figure, *, private: bool = False) -> Figure:
        """Save a figure as PNG and PDF and return it, so that a cell ends on it; a paper's smoke figures say so."""
        if self.profile == "smoke" and self.slug in papers.PAPERS:
            style.stamp(figure, "smoke profile: it runs, no evidence")
        folder = self.folder / "private" if private else self.folder
        self._keep(saving.save(figure, folder, name))
        return figure

    def table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Save a table as CSV and Markdown and return it."""
        self._keep(tables.save(frame, self.folder, name))
        return frame

    def judge(self, listed: Sequence[Claim], *, failing: Collection[str] = ()) -> pd.DataFrame:
        """Judge the listed claims, save and return `claims.csv`.

        A claim whose `needs` were not run, or have failed rows, is not run; parts in `failing` may have some.
        """
        known = {claim.id: claim for claim in listed}

        @cache
        def found(name: str) -> Finding:
            claim = known[name]
            if claim.test is None:
                return claims.parent(claim, map(found, claim.parts))
            if reason := next(filter(None, (self._unfit(part, part in failing) for part in claim.needs)), ""):
                return claims.not_run(claim, reason)
            return claims.judge(claim, self.profile, partial(claim.test, self, claim))

        return self.table("claims", claims.table(map(found, known), listed, self.profile))

    def _unfit(self, part: str, failing: bool) -> str:
        """Why a part cannot decide a claim: it was not run, or rows of it failed; empty if it can."""
        if not self.has(part):
            return f"part {part} was not run"
        failed = [] if failing else self.failures(part)
        return f"{len(failed)} rows of part {part} failed: {failed[0]}" if failed else ""

    def lack(self, name: str, why: str) -> str:
        """Note an output that this profile has no data for, and return the sentence to print."""
        self.missing[name] = why
        return f"{name} is not drawn: {why}"

    def finish(self, *, parameters: dict[str, Any], weights: dict[str, str], data: dict[str, str]) -> Path:
        """Write the figure folder's manifest and return its path."""
        manifest = provenance.manifest(
            parameters=parameters, seeds=[parameters["seed"]], data=data, weights=weights,
            seconds=time.monotonic() - self._started, missing=self.missing,
        )  # fmt: skip
        return provenance.write(self.folder, {**manifest, "computed": self._places()})

    def refresh(self) -> None:
        """Bring a stored manifest up to date after a redraw: hashes of files, what is missing, where parts were run."""
        stored = self.folder / "manifest.json"
        if stored.is_file():
            known = json.loads(stored.read_text(encoding="utf-8"))
            now = {"missing": self.missing, "computed": self._places()}
            provenance.write(self.folder, {**known, **now})

    def _places(self) -> dict[str, str]:
        """On which device and with which torch each part was computed, which may not be those of the drawing."""
        found = {}
        for path in sorted(self.records.glob("*.jsonl.gz")):
            rows = Counter(f"{where.get('device', 'unknown')}, torch {where.get('torch', 'unknown')}"
                           for where, _ in record.placed(path))  # fmt: skip
            counted = " and ".join(f"{count} row{'s' * (count > 1)} on {place}" for place, count in rows.most_common())
            found[path.name.removesuffix(".jsonl.gz")] = counted if len(rows) > 1 else next(iter(rows), "no rows")
        return found

    def files(self) -> list[str]:
        """Everything written so far, as paths relative to the project where possible."""
        return sorted({shown(path) for path in self.written})

    def _keep(self, paths: list[Path]) -> None:
        self.written += [path for path in paths if path not in self.written]


def _copy(source: Path, target: Path) -> None:
    """A picture as it is, or a large one as JPEG: checked-in records stay small."""
    large = source.stat().st_size > LARGE
    with atomic(target.with_suffix(".jpg") if large else target) as temporary:
        if large:
            Image.open(source).convert("RGB").save(temporary, "JPEG", quality=JPEG)
        else:
            temporary.write_bytes(source.read_bytes())


def _manifest(run: runs.Run) -> dict[str, Any]:
    """What a run folder was made from and with; a search's pictures stand in the settings of its evaluation."""
    identity = run.record.header["identity"]
    evaluation = identity.get("settings")
    inner = evaluation if isinstance(evaluation, dict) else {}
    used = identity.get("weights", {})
    return provenance.manifest(
        parameters=identity, seeds=[identity.get("seed", 0)],
        data=identity.get("pictures") or inner.get("pictures", {}),
        weights=used if isinstance(used, dict) else {str(identity.get("encoder", "")): used},
        seconds=sum(row.get("seconds", 0.0) for row in run.record.rows),
    )  # fmt: skip


def checked_in(slug: str, profile: str) -> Path:
    """The project's own figure folder of a paper, whatever `WORKBOOK_FIGURES` says."""
    return ROOT / "figures" / profile / slug
