"""The voting widget: two pictures side by side and four buttons. Needs a browser only to be clicked."""

import hashlib
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import ipywidgets as widgets
import numpy as np
from filelock import Timeout

import lib
from lib.papers.nst import votes
from lib.paths import shown
from lib.report.interactive import Bundle, bundle, check_pictures, picture, png
from lib.report.statistics import CHOICES

QUESTION = "Which picture looks more natural?"
READER = uuid4().hex  # lasts as long as the kernel, so that a rerun cell does not count its reader as a second voter


class Ballot:
    """Asks for the better one of two pictures, again and again, and appends a row a click to the votes file.

    `images` are (H, W, 3) uint8 arrays of one shape and `lrs` their learning rates, both by option id. Neither ids nor
    learning rates reach the browser. Order and sides follow from `seed`. The voter is `WORKBOOK_VOTER`, else a random
    id. Display it as the last line of a cell; it never waits for a click. Raises ValueError for fewer than two
    options, unequal shapes and other dtypes than uint8.
    """

    def __init__(self, images: Mapping[str, np.ndarray], lrs: Mapping[str, float], content: str, style: str, *,
                 seed: int) -> None:  # fmt: skip
        check_pictures(images)
        self.path, self.cast, self._lrs = votes.default_path(), 0, lrs
        self._trials = votes.trials(list(images), seed)
        self._png = {option: png(image) for option, image in images.items()}
        digest = hashlib.sha256(b"".join(self._png.values())).hexdigest()[:8]  # tells votes on other pictures apart
        self._row = {"session_id": uuid4().hex, "voter": os.environ.get("WORKBOOK_VOTER", "").strip() or READER,
                     "content": content, "style": style, "question": QUESTION,
                     "version": f"{lib.__version__}+{digest}"}  # fmt: skip
        self.buttons = {choice: widgets.Button(description=choice.capitalize()) for choice in CHOICES}
        for choice, button in self.buttons.items():
            button.on_click(partial(self._clicked, choice))
        self.pictures = [picture(image) for image in list(images.values())[:2]]
        self.status = widgets.Label()
        title = widgets.Label(QUESTION, style={"font_weight": "bold"})
        rows = [widgets.HBox(self.pictures), widgets.HBox(list(self.buttons.values()))]
        self.widget = widgets.VBox([title, *rows, self.status])
        self._show_next()

    def _show_next(self) -> None:
        """Show the next pair and start its clock."""
        self.trial = next(self._trials)
        for image, option in zip(self.pictures, (self.trial.left, self.trial.right), strict=True):
            image.value = self._png[option]
        self._shown_at = time.monotonic()

    def _clicked(self, choice: str, _button: widgets.Button) -> None:
        """Keep the answer and go on; an answer that could not be kept leaves the pair on the screen and says why."""
        number, left, right, is_repeat = self.trial
        answer = {
            "utc": datetime.now(UTC).isoformat(timespec="milliseconds"), "trial": number, "left_id": left,
            "right_id": right, "lr_left": self._lrs[left], "lr_right": self._lrs[right], "choice": choice,
            "rt_ms": round(1000 * (time.monotonic() - self._shown_at)), "is_repeat": is_repeat,
        }  # fmt: skip
        try:
            votes.append(self.path, {**self._row, **answer})
        except (OSError, ValueError, Timeout) as error:
            self.status.value = f"Not saved: {error}"
            return
        self.cast += 1
        self.status.value = f"{self.cast} answer{'s' * (self.cast > 1)} saved in {shown(self.path)}"
        self._show_next()

    def __repr__(self) -> str:
        return f"Ballot of {len(self._png)} pictures; vote in JupyterLab, answers go to {shown(self.path)}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        """The widget for a browser and one line of text elsewhere; called by Jupyter at the end of a cell."""
        self._shown_at = time.monotonic()
        return bundle(self.widget, repr(self), **kwargs)
