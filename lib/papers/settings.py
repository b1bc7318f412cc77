"""What every paper's settings are: one flat, validated block whose names are the notebook's parameters."""

import hashlib
import json
import re
from collections.abc import Collection, Hashable, Mapping
from dataclasses import asdict, dataclass, fields
from inspect import formatannotation
from pathlib import Path
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints

import yaml

from lib.search.workers import Limits, kind_of

RUN_ONLY = frozenset(
    {"profile", "parts", "device", "threads", "workers", "gpus_per_candidate", "fresh"}
)  # parameters that change no result


class Plain(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: `1e-3` is a float; `0101`, `on`, `no` and dates are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own class attribute)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """A dict; a key given twice is an error."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false|True|False", list("tfTF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Plain.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"\A(?:{_pattern})\Z"), _first)


def profile_values(path: Path) -> dict[str, Any]:
    """The parameters that a profile's file gives a notebook."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Plain)
    return found


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """Eight hex digits of the parameters that results depend on."""
    kept = {name: value for name, value in parameters.items() if name not in RUN_ONLY}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Settings:
    """What the notebooks of all papers have; a paper's class adds its own fields, none with a default, and the rules.

    Field types are str, int, float, bool or lists of them. Raises ValueError, naming the field, for a value against
    the rules; the rules of a list hold for each of its items.
    """

    profile: str  # smoke, desk, day, paper or custom
    parts: list[str]  # parts to compute; empty = all
    device: str  # auto, cpu, cuda, cuda:N
    threads: int  # CPU threads; 0 = one a core
    fresh: bool  # throw stored rows away and compute anew
    seed: int  # of everything that is drawn

    ALWAYS: ClassVar[Mapping[str, tuple[float, float]]] = {"seed": (0, 2**31 - 1)}  # as `RANGES`, whatever the paper
    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {}  # lowest and highest value
    CHOICES: ClassVar[Mapping[str, Collection[Any]]] = {}  # the values allowed
    SWEPT: ClassVar[tuple[str, ...]] = ()  # lists with at least one value, none of them twice

    def __post_init__(self) -> None:
        kind_of(getattr(self, "workers", "serial"))
        for name, choices in self.CHOICES.items():
            for value in self._values(name):
                if value not in choices:
                    raise ValueError(f"{name} is {value!r}; allowed are {', '.join(map(str, choices))}")
        for name, (low, high) in {**self.ALWAYS, **self.RANGES}.items():
            for value in self._values(name):
                if not low <= value <= high:
                    raise ValueError(f"{name} is {value!r}; allowed are {low} to {high}")
        for name in self.SWEPT:
            if not (values := self._values(name)):
                raise ValueError(f"{name} is empty; give at least one value")
            if len(set(values)) < len(values):
                raise ValueError(f"{name} is {values}; each value may stand there once")

    @classmethod
    def pick(cls, parameters: Mapping[str, Any]) -> Self:
        """Settings from a mapping that holds a value for every field, such as a notebook's globals().

        Raises ValueError naming the first missing parameter, or one whose type differs from the declared one.
        """
        types, values = get_type_hints(cls), {}
        for name in (field.name for field in fields(cls)):
            if name not in parameters:
                raise ValueError(f"parameter {name} is missing; run the notebook's parameters cell first")
            values[name] = typed(name, types[name], parameters[name])
        return cls(**values)

    def identity(self) -> dict[str, Any]:
        """The settings that results depend on."""
        return {name: value for name, value in asdict(self).items() if name not in RUN_ONLY}

    def asked(self, parts: Collection[str]) -> list[str]:
        """Those of the parts that are to be computed."""
        return [part for part in parts if not self.parts or part in self.parts]

    def _values(self, name: str) -> list[Any]:
        value = getattr(self, name)
        return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class WorkerSettings(Settings):
    """The same where several searches, candidates or trainings may run at once."""

    workers: str  # serial, processes:N, ray, ray:ADDRESS
    gpus_per_candidate: float  # with Ray: the share of a GPU that each of them takes

    ALWAYS: ClassVar = {**Settings.ALWAYS, "threads": (1, 1024), "gpus_per_candidate": (0, 64)}

    @property
    def limits(self) -> Limits:
        """What each of them may use."""
        return Limits(self.threads, self.gpus_per_candidate)


def anywhere(part: Any) -> dict[str, Any]:
    """A dataclass as plain values but for its device, which each row's environment names."""
    return {name: value for name, value in asdict(part).items() if name != "device"}


def typed(name: str, declared: Any, value: Any) -> Any:
    """The value if it has the declared type (a whole number may stand for a float), else ValueError naming it."""
    kind = get_origin(declared) or declared
    if not isinstance(value, float | int if kind is float else kind) or (isinstance(value, bool) and kind is not bool):
        needed = f"{formatannotation(declared)} is needed"
        raise ValueError(f"{name} is {value!r} of type {type(value).__name__}; {needed}")
    if isinstance(value, list) and (inner := get_args(declared)):
        return [typed(f"{name}[{i}]", inner[0], item) for i, item in enumerate(value)]
    return float(value) if kind is float else value
