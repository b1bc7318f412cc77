"""Toy notebooks, written by the tests that run them."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

PARAMETERS = """profile: str = "smoke"  # smoke, desk, day or paper
rate: float = 0.1  # per step
steps: int = 3  # of the optimiser
arch: str = "0100"  # bits
rates: list = [0.1, 1.0]  # of the sweep
codes: list = ["01"]  # bit strings
deep: bool = False  # twice as deep
workers: str = "serial"  # serial or processes:N
fresh: bool = False  # start over"""

DESK = """profile: desk
rate: 0.5
steps: 30
arch: "0110"
rates: [0.001, 0.1]
codes: ["0011"]
deep: true
workers: serial
fresh: false
"""


class Toys:
    """A folder of notebooks with their profiles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def notebook(self, name: str, *sources: str, parameters: str = PARAMETERS) -> Path:
        """Write a notebook of a title, a parameters cell and these code cells."""
        head = [v4.new_markdown_cell(f"# {name}")]
        if parameters:
            head.append(v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = head + [v4.new_code_cell(source) for source in sources]
        path = self.folder / f"{name}.ipynb"
        nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), path)
        return path

    def profile(self, name: str, text: str = DESK, profile: str = "desk") -> Path:
        """Write the values of a notebook for a profile."""
        path = self.folder / "profiles" / profile / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    """An empty folder for toy notebooks."""
    return Toys(tmp_path / "toys")


@pytest.fixture(scope="session")
def session_toys(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    """As `toys`, for notebooks that run once for several tests."""
    return Toys(tmp_path_factory.mktemp("batch") / "toys")
