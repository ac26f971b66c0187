import io

from rich.console import Console

from hermes.core.progress import progress, training


def screen(terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120)


def test_a_bar_on_a_terminal_shows_what_is_done_and_the_rate() -> None:
    console = screen(terminal=True)
    with progress("ingest", 10, "events", console) as done:
        done(5)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "ingest" in shown
    assert "50%" in shown


def test_nothing_is_written_where_there_is_no_terminal() -> None:
    console = screen(terminal=False)
    with progress("ingest", 10, "events", console) as done:
        done(10)
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]


def test_each_model_gets_one_bar_with_its_latest_figures() -> None:
    console = screen(terminal=True)
    with training(console) as report:
        report("SASRec", 1, 2, {"valid": 0.1})
        report("SASRec", 2, 2, {"valid": 0.1234})
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "100%" in shown
    assert "valid 0.1234" in shown
