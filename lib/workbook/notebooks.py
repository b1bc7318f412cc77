"""Which notebooks and profiles there are, and the values a notebook runs with."""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from lib.papers.settings import RUN_ONLY
from lib.paths import PROFILES, notebooks_dir, runs_dir, shown
from lib.workbook.parameters import Parameter, ParameterError, convert, declared, load_yaml, parse


@dataclass(frozen=True)
class Job:
    """One notebook with the values it will be given.

    `values` are all parameters, `injected` those that differ from the parameters cell, `changed` those that differ from
    the profile named `base`; with such a change `profile` is `custom`.
    """

    notebook: Path
    profile: str
    values: dict[str, Any]
    injected: dict[str, Any]
    base: str
    changed: dict[str, Any]

    @property
    def slug(self) -> str:
        """The name of the notebook without its number: `nst` for `01_nst.ipynb`."""
        return re.sub(r"^\d+_", "", self.notebook.stem)

    def settings(self) -> Any:
        """The settings of its paper with these values, which imports the paper; ValueError for values they refuse."""
        return import_module(f"lib.papers.{self.slug}.settings").Settings.pick(self.values)


def all_notebooks() -> list[Path]:
    """Every notebook in order of its number, so that the report comes last."""
    return sorted(notebooks_dir().glob("*.ipynb"))


def find_notebook(name: str) -> Path:
    """The notebook meant by a path, a file name, its stem (`01_nst`) or its slug (`nst`)."""
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    known = all_notebooks()
    stem = Path(name).name.removesuffix(".ipynb")
    for path in known:
        if stem in (path.stem, re.sub(r"^\d+_", "", path.stem)):
            return path
    raise ParameterError(f"notebook {name!r} is unknown; there are {', '.join(path.stem for path in known) or 'none'}")


def profile_file(notebook: Path, profile: str) -> Path:
    """Where a notebook's values for a profile other than smoke lie."""
    return notebook.parent / "profiles" / profile / f"{notebook.stem}.yaml"


def profile_values(notebook: Path, profile: str) -> dict[str, Any]:
    """All parameters of a notebook in a profile, checked against the parameters cell.

    Smoke is the parameters cell itself. A notebook without any profile file (the tour, the report) runs every profile
    with its own values. Raises ParameterError for an unknown profile, and for a file that does not name every
    parameter exactly once with its type.
    """
    if profile not in PROFILES:
        raise ParameterError(f"profile {profile!r} is unknown; there are {', '.join(PROFILES)}")
    parameters = declared(notebook)
    others = [name for name in PROFILES if profile_file(notebook, name).is_file()]
    if profile in others:
        return _from_file(profile_file(notebook, profile), parameters)
    if profile != "smoke" and others:
        raise ParameterError(f"{notebook.stem} has no profile {profile!r}; it has smoke, {', '.join(others)}")
    values = {name: parameter.default for name, parameter in parameters.items()}
    return values | ({"profile": profile} if "profile" in values else {})


def _from_file(path: Path, parameters: dict[str, Parameter]) -> dict[str, Any]:
    """The values in a profile's file; ParameterError naming it where they do not fit the parameters."""
    try:
        given = load_yaml(path.read_text(encoding="utf-8")) or {}
        if differing := sorted(given.keys() ^ parameters.keys()):
            raise ParameterError(f"it and the parameters cell do not both name {', '.join(differing)}")
        values = {name: convert(value, parameters[name]) for name, value in given.items()}
        if values["profile"] != path.parent.name:
            raise ParameterError(f"profile is {values['profile']!r}; it must be {path.parent.name!r}")
    except ParameterError as error:
        raise ParameterError(f"{shown(path)}: {error}") from error
    return values


def job(notebook: Path, profile: str, settings: dict[str, str], options: dict[str, str]) -> Job:
    """The notebook with the values of a profile, then `options` and `settings` (texts by name) where it declares them.

    A changed setting makes the profile `custom`, unless it only says how to compute (`RUN_ONLY`).
    """
    parameters = declared(notebook)
    values = profile_values(notebook, profile)
    given = {name: text for name, text in {**options, **settings}.items() if name in parameters}
    chosen = {name: parse(text, parameters[name]) for name, text in given.items()}
    changed = {name: value for name, value in chosen.items() if value != values[name]}
    values |= chosen
    base = profile
    if changed.keys() - RUN_ONLY:
        profile = "custom"
        values |= {"profile": profile} if "profile" in parameters else {}
    injected = {name: value for name, value in values.items() if value != parameters[name].default}
    return Job(notebook, profile, values, injected, base, changed)


def jobs(names: list[str], profile: str, settings: list[str], options: dict[str, str]) -> list[Job]:
    """The jobs of a batch, every one checked before any starts.

    `settings` are texts `name=value`. Raises ParameterError for a name that none of the notebooks declares.
    """
    notebooks = list(dict.fromkeys(map(find_notebook, names))) or all_notebooks()
    for path in (*notebooks, runs_dir()):
        if set("{}") & set(str(path)):
            raise ParameterError(f"{shown(path)}: papermill takes braces in a path for parameters; rename the folder")
    pairs = dict(_split(setting) for setting in settings)
    known = {name for notebook in notebooks for name in declared(notebook)} - {"profile"}
    if unknown := [name for name in pairs if name not in known]:
        raise ParameterError(f"parameter {unknown[0]!r} is unknown; there are {', '.join(sorted(known)) or 'none'}")
    return [job(notebook, profile, pairs, options) for notebook in notebooks]


def _split(setting: str) -> tuple[str, str]:
    name, equals, text = setting.partition("=")
    if not equals or not name.isidentifier():
        raise ParameterError(f"--set {setting!r} is not name=value")
    if name == "profile":
        raise ParameterError("the profile is chosen with --profile; --set changes other parameters")
    return name, text
