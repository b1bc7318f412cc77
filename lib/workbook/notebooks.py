"""Which notebooks and profiles there are, and the values a notebook runs with."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.papers.settings import RUN_ONLY
from lib.paths import PROFILES, notebooks_dir, runs_dir, shown
from lib.workbook.parameters import ParameterError, convert, declared, load_yaml, parse


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
    values = {name: parameter.default for name, parameter in parameters.items()}
    path = profile_file(notebook, profile)
    if profile != "smoke" and path.is_file():
        given = _read(path)
        differing = sorted(given.keys() ^ parameters.keys())
        if differing:
            raise ParameterError(f"{shown(path)} and the parameters cell do not both name {', '.join(differing)}")
        values = {name: _converted(path, value, parameters[name]) for name, value in given.items()}
    elif profile != "smoke" and (others := _profiles_of(notebook)):
        raise ParameterError(f"{notebook.stem} has no profile {profile!r}; it has smoke, {', '.join(others)}")
    elif "profile" in values:
        values["profile"] = profile
    if values.get("profile", profile) != profile:
        raise ParameterError(f"{shown(path)}: profile is {values['profile']!r}; it must be {profile!r}")
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
    known = {notebook: declared(notebook) for notebook in notebooks}
    for name in pairs:
        if not any(name in parameters for parameters in known.values()):
            names_known = sorted({name for parameters in known.values() for name in parameters} - {"profile"})
            raise ParameterError(f"parameter {name!r} is unknown; there are {', '.join(names_known) or 'none'}")
    return [job(notebook, profile, pairs, options) for notebook in notebooks]


def _split(setting: str) -> tuple[str, str]:
    name, equals, text = setting.partition("=")
    if not equals or not name.isidentifier():
        raise ParameterError(f"--set {setting!r} is not name=value")
    if name == "profile":
        raise ParameterError("the profile is chosen with --profile; --set changes other parameters")
    return name, text


def _profiles_of(notebook: Path) -> list[str]:
    return [name for name in PROFILES if profile_file(notebook, name).is_file()]


def _read(path: Path) -> dict[str, Any]:
    try:
        values = load_yaml(path.read_text(encoding="utf-8"))
    except ParameterError as error:
        raise ParameterError(f"{shown(path)}: {error}") from error
    if not isinstance(values, dict):
        raise ParameterError(f"{shown(path)} is a {type(values).__name__}; names and values were expected")
    return values


def _converted(path: Path, value: Any, parameter: Any) -> Any:
    try:
        return convert(value, parameter)
    except ParameterError as error:
        raise ParameterError(f"{shown(path)}: {error}") from error
