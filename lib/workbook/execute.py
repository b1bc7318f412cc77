"""Run one notebook with papermill: `python -m lib.workbook.execute JOB RESULT`, started by the batch runner.

Reads a job (notebook, output, parameters) from a JSON file, prints what the cells print, and writes the outcome to
another. The kernel talks over IPC sockets where the system has them.
"""

import json
import logging
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lib.paths import write_text

QUIET = re.compile(
    r"\s*<(Figure|Plot|IPython|PIL)|Executing notebook with kernel|(Input|Output) Notebook:|Working directory:"
)
LINES = 12  # of one output shown in the log; the executed notebook has all
SOCKET_PATH = 90  # longest path of an IPC socket; systems allow 104 or more
START_TIMEOUT_S = 120
WATCH_S = 1  # between looks for the batch that started this process
GRACE_S = 30  # after an interruption, for the kernel to finish its row and the notebook to be saved


class CellLog(logging.Handler):
    """Prints what the cells print, line by line, after the seconds since the start and the number of the cell."""

    def __init__(self, inserted: int) -> None:
        """`inserted` is the number of the cell that papermill adds, 0 for none; later cells count one less."""
        super().__init__()
        self.current, self._inserted, self._start = 0, inserted, time.monotonic()

    @property
    def cell(self) -> int:
        """The number of the running cell in the source notebook, from 1."""
        return self.current - (0 < self._inserted < self.current)

    def emit(self, record: logging.LogRecord) -> None:
        """Note which cell begins; print what a cell printed; drop papermill's own lines."""
        text = record.getMessage()
        if begun := re.match(r"Executing Cell (\d+)-", text):
            self.current = int(begun[1])
        elif not re.match(r"Ending Cell \d+-", text):
            self._show(text)

    def _show(self, text: str) -> None:
        """Print an output; of a line that was redrawn in place only its last state."""
        lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
        lines = [line for line in lines if line and not QUIET.match(line)]
        more = [f"... {len(lines) - LINES} more lines in the executed notebook"] if len(lines) > LINES else []
        for line in lines[:LINES] + more:
            print(f"{time.monotonic() - self._start:7.0f} s  cell {self.cell:<3} {line}", flush=True)


def execute(notebook: Path, output: Path, parameters: dict[str, Any], sockets: Path) -> dict[str, Any]:
    """Run a notebook in its own folder and return `status` (ok, stopped, failed, died, interrupted), `cell`, `error`.

    `cell` counts the cells of the source notebook from 1. The executed notebook is kept whatever happens. `sockets` is
    a folder that no other run uses.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    log = CellLog(_inserted(notebook) if parameters else 0)
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [log]
    try:
        executed = papermill.execute_notebook(notebook, output, parameters, **_options(notebook, sockets))
    except PapermillExecutionError as error:
        status = {"OutOfTime": "stopped", "KeyboardInterrupt": "interrupted"}.get(error.ename, "failed")
        where = f"In [{error.exec_count}] {error.ename}: {error.evalue}"
        return {"status": status, "cell": log.cell, "error": error.evalue if status == "stopped" else where}
    except DeadKernelError:
        reason = "the kernel died, most often for lack of memory; try smaller sizes or fewer workers"
        return {"status": "died", "cell": log.cell, "error": reason}
    except KeyboardInterrupt:
        return {"status": "interrupted", "cell": log.cell, "error": "stopped with Ctrl-C"}
    return _left_early(executed) or {"status": "ok", "cell": 0, "error": ""}


def _options(notebook: Path, sockets: Path) -> dict[str, Any]:
    """How papermill runs a notebook here: in the notebook's folder, as JupyterLab does, and with no widget state."""
    from traitlets.config import Config

    config = Config()
    if os.name == "posix" and len(ip := str(sockets / "kernel")) <= SOCKET_PATH:
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = ip  # else the sockets of all kernels lie in the notebooks' folder under equal names
    client = {"config": config, "store_widget_state": False, "shell_timeout_interval": 1}
    running = {"kernel_name": "python3", "cwd": notebook.parent, "start_timeout": START_TIMEOUT_S}
    return {"log_output": True, "progress_bar": False, **running, **client}


def _inserted(notebook: Path) -> int:
    """The number, from 1, of the cell that papermill puts after the parameters cell."""
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [number for number, cell in enumerate(cells, start=2) if "parameters" in cell.metadata.get("tags", [])]
    return tagged[0] if tagged else 1


def _left_early(executed: Any) -> dict[str, Any] | None:
    """A failure if a cell called `sys.exit(0)`, which papermill counts as success although the rest did not run."""
    for cell in executed.cells:
        if any(output.get("ename") == "SystemExit" for output in cell.get("outputs", [])):
            where = f"In [{cell.execution_count}] sys.exit ended the notebook early"
            return {"status": "failed", "cell": 0, "error": where}
    return None


def _follow(batch: int) -> None:
    """End as on Ctrl-C once the process that started this one is gone; a kernel would hold its record for minutes."""
    while os.getppid() == batch:
        time.sleep(WATCH_S)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def main(order: Path, result: Path) -> None:
    """Execute the job in one file and write its outcome to the other."""
    job = json.loads(order.read_text(encoding="utf-8"))
    threading.Thread(target=_follow, args=(job["batch"],), daemon=True).start()
    outcome = execute(Path(job["notebook"]), Path(job["output"]), job["parameters"], sockets=result.parent)
    write_text(result, json.dumps(outcome))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
