"""A paper as its notebook and the command line see it: open its study, compute parts, draw everything from records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from lib import device, weights
from lib.data import pictures, registry
from lib.data.catalogue import SETS
from lib.papers.settings import Settings
from lib.papers.study import Study, checked_in, resolved_profile
from lib.paths import figures_dir

S = TypeVar("S", bound=Settings)
Computers = Mapping[str, Callable[[Study, S, str], None]]  # of each part the function that computes it


@dataclass(frozen=True)
class Paper(Generic[S]):
    """What a paper's study is made of. Its package offers the methods as functions of its own."""

    notebook: str  # <number>_<slug>
    settings: type[S]
    computers: Computers[S] | Callable[[S], Computers[S]]  # a function where the parts follow from the settings
    products: Sequence[Callable[[Study], Any]]  # tables, figures and claims, in the order of drawing
    used_weights: Callable[[S], Iterable[str]]  # names of what a run reads
    used_pictures: Callable[[S], Iterable[str]]  # the same of pictures, data sets and folders
    checks: Sequence[Callable[[S], Any]] = ()  # raise ValueError for bad settings, before anything is read
    data_checks: Sequence[Callable[[S], Any]] = ()  # the same, of what must be read for that

    @property
    def slug(self) -> str:
        """The name of its package and folders."""
        return self.notebook.partition("_")[2]

    def parts(self, settings: S) -> Computers[S]:
        """All that can be computed under these settings, in order."""
        return self.computers(settings) if callable(self.computers) else self.computers

    def open_study(self, parameters: Mapping[str, Any]) -> tuple[Study, S]:
        """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

        Raises ValueError for a bad parameter, and for weights or pictures that are not there, before any work starts.
        """
        settings = self.settings.pick(parameters)
        for check in self.checks:
            check(settings)
        allowed = self.parts(settings)
        for part in settings.parts:
            if part not in allowed:
                raise ValueError(f"parts names {part!r}; allowed are {', '.join(allowed)}")
        self._hashes(settings)
        device.pick(settings.device)
        device.set_threads(settings.threads)
        device.seed_everything(settings.seed)
        profile = resolved_profile(self.notebook, vars(settings))
        for check in self.data_checks:
            check(settings)
        return Study(self.slug, profile, fresh=settings.fresh), settings

    def compute(self, study: Study, settings: S, *parts: str) -> None:
        """Compute what is missing of the named parts that the settings ask for; of all parts if none is named.

        Raises `runs.OutOfTime` where the given time is spent; finished rows are stored.
        """
        known = self.parts(settings)
        for part in settings.asked(parts or known):
            known[part](study, settings, part)

    def draw(self, study: Study) -> None:
        """Every table, figure and claim that the study's records allow; what they lack is noted in `study.missing`."""
        for product in self.products:
            product(study)

    def finish(self, study: Study, settings: S) -> Path:
        """Write the figure folder's manifest: settings, seeds, versions, hashes, and what is missing and why."""
        parameters = {"profile": study.profile, "device": settings.device, "threads": settings.threads}
        return study.finish(parameters={**parameters, **settings.identity()}, **self._hashes(settings))

    def redraw(self, profile: str = "desk") -> list[Path]:
        """Draw a profile's tables, figures and claims from the records beside them; nothing is computed.

        Where `WORKBOOK_FIGURES` names a folder without the profile's records, the checked-in ones are drawn there.
        Raises FileNotFoundError where the profile has no records.
        """
        study = Study(self.slug, profile, folder=figures_dir() / profile / self.slug)
        if not study.records.is_dir():
            study.records = checked_in(self.slug, profile) / "records"
        if not study.records.is_dir():
            command = f"python -m lib run {self.notebook} --profile {profile}"
            raise FileNotFoundError(f"figures/{profile}/{self.slug} has no records; run: {command}")
        self.draw(study)
        study.refresh()
        return study.written

    def _hashes(self, settings: S) -> dict[str, dict[str, str]]:
        return {
            "weights": {name: weights.digest(name) for name in self.used_weights(settings)},
            "data": {name: _sha256(name) for name in self.used_pictures(settings)},
        }


def _sha256(name: str) -> str:
    """Of a data set, a folder or a picture."""
    known = name in SETS or Path(name).is_dir()
    return registry.locate(name).sha256 if known else pictures.info(name).sha256


def planned(work: Mapping[str, tuple[int, float]], **same: Any) -> list[dict[str, Any]]:
    """A plan's lines from the rows and the operations of each part, and what is the same for all of them."""
    return [{"part": part, "rows": rows, "flops": flops, **same} for part, (rows, flops) in work.items()]
